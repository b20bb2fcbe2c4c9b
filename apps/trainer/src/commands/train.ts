import { defaultFitOptions } from '@adscale/ctr';
import { Argument, Command } from 'commander';
import { exitHelp } from '../cli/exit.js';
import { countFlag, jsonFlag, registryFlag } from '../cli/flags.js';
import { addJudgeFlags } from '../train/judge-flags.js';
import { addMappingChanges, addMappingFlags } from '../mapping/mapping-flags.js';
import { addSourceFlags } from '../source/source-flags.js';
import { runTrain, type TrainFlags } from '../train/train.js';
import { profileFlag } from './generate.js';

/** `adscale train`: data in, a published model out. */
export function trainCommand(signal: AbortSignal): Command {
  const command = new Command('train')
    .description('Fit a CTR forest, judge it on held-out rows and make it the current model.')
    .addArgument(new Argument('[data...]', 'what to learn from; generated records if absent'))
    .addOption(countFlag('rows', 'records to generate', 5000))
    .addOption(profileFlag());
  addJudgeFlags(addMappingChanges(addMappingFlags(addSourceFlags(command))))
    .option(
      '--mapping <file>',
      'what the columns mean; default <data>.mapping.yaml if there is one',
    )
    .option('-y, --yes', 'take a guessed mapping without asking')
    .addOption(countFlag('seed', 'same seed, same model, byte for byte', defaultFitOptions.seed))
    .addOption(registryFlag())
    .addOption(countFlag('trees', 'number of trees', defaultFitOptions.trees))
    .addOption(countFlag('depth', `deepest a tree may grow; default ${defaultFitOptions.maxDepth}`))
    .addOption(countFlag('bins', `bins of a numeric feature; default ${defaultFitOptions.maxBins}`))
    .addOption(countFlag('leaf-rows', 'rows that a leaf must keep; default: chosen from the data'))
    .option('--if-missing', 'do nothing if the registry already has a model')
    .option('--no-promote', 'store the model, but leave the current one')
    .option('--promote-if-better', 'make it current only if it beats the current one beyond chance')
    .addOption(jsonFlag())
    .addHelpText('after', trainHelp);
  return command.action((data: string[], flags: TrainFlags) => runTrain(data, flags, signal));
}

const trainHelp = `
What the columns mean is said by a mapping: a file that "adscale inspect" drafts, or flags. None is
needed for a table with the columns of the default model:
  impressions   whole number ≥ 1
  ad_position   1 (top) to 10
  device_type   mobile, desktop or tablet
  budget        number > 0
  clicks        whole number from 0 to impressions
and true_ctr, if you know it. Other columns are left alone.

Examples
  adscale train                                5,000 generated records into ./models
  adscale train placements.csv                 your own data
  adscale train 'logs/*.parquet' --label clicked --feature hour --feature device
  adscale train ads.csv --where 'impressions >= 100' --derive weekend='dayofweek(date) IN (0, 6)'
  adscale train --trees 300 --leaf-rows 20     a larger, smoother forest

${exitHelp}`;
