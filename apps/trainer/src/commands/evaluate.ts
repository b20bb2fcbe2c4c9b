import { Argument, Command } from 'commander';
import { exitHelp } from '../cli/exit.js';
import { jsonFlag } from '../cli/flags.js';
import { addMappingChanges } from '../mapping/mapping-flags.js';
import { modelsFlag, versionHelp } from '../score/model-flags.js';
import { runEvaluate, type EvaluateFlags } from '../score/evaluate.js';
import { addSourceFlags } from '../source/source-flags.js';

/** `adscale evaluate`: how good a stored model is on other data. */
export function evaluateCommand(signal: AbortSignal): Command {
  const command = new Command('evaluate')
    .description('Judge a stored model by data with known clicks.')
    .addArgument(new Argument('[version-and-data...]', 'a version, then files; see below'))
    .option('--mapping <file>', "what the columns mean; default: as the model's own data");
  return addMappingChanges(addSourceFlags(command))
    .addOption(modelsFlag())
    .addOption(jsonFlag())
    .addHelpText('after', evaluateHelp)
    .action((args: string[], flags: EvaluateFlags) => runEvaluate(args, flags, signal));
}

const evaluateHelp = `
The data is read as the model was trained: by the mapping in its card, conditions included. Metrics
come with intervals (bootstrap, 95 %).

${versionHelp}

Examples
  adscale evaluate march.csv                         the current model
  adscale evaluate previous march.csv --json         the one before
  adscale evaluate champion 'logs/*.parquet' --where "country = 'DE'"

${exitHelp}`;
