import { profiles } from '@adscale/datagen';
import { Command, Option } from 'commander';
import { exitHelp } from '../cli/exit.js';
import { countFlag } from '../cli/flags.js';
import { runGenerate, type GenerateFlags } from '../source/generate.js';

export const profileFlag = (): Option =>
  new Option('--profile <name>', 'character of the generated records')
    .choices([...profiles])
    .default('realistic');

/** `adscale generate`: practice data with a known true CTR. */
export function generateCommand(signal: AbortSignal): Command {
  return new Command('generate')
    .description('Write synthetic ad records with a known true CTR.')
    .addOption(countFlag('rows', 'records to write', 5000))
    .addOption(countFlag('seed', 'same seed, same bytes', 42))
    .addOption(profileFlag())
    .option('-o, --output <file>', '.csv, .ndjson or .parquet; CSV on standard output if absent')
    .addHelpText('after', `\n${exitHelp}`)
    .action((flags: GenerateFlags) => runGenerate(flags, signal));
}
