import { availableParallelism } from 'node:os';
import { defaultFitOptions } from '@adscale/ctr';
import { profiles } from '@adscale/datagen';
import { Command, InvalidArgumentError, Option } from 'commander';
import { runGenerate, type GenerateFlags } from './generate.js';
import { runTrain, type TrainFlags } from './train.js';

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!/^[+-]?\d+$/.test(text) || !Number.isSafeInteger(value)) {
    throw new InvalidArgumentError('wanted a whole number.');
  }
  return value;
}

function share(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value < 1)) throw new InvalidArgumentError('wanted a number between 0 and 1.');
  return value;
}

const flag = (name: string, text: string, preset: number): Option =>
  new Option(`--${name} <n>`, text).argParser(wholeNumber).default(preset);

const profileFlag = (): Option =>
  new Option('--profile <name>', 'character of the generated records')
    .choices([...profiles])
    .default('realistic');

/** The command line. `signal` is Ctrl-C. */
export function buildProgram(signal: AbortSignal): Command {
  const program = new Command('adscale').description(
    'Trains AdScale models on campaign data and generates practice data.',
  );
  program
    .command('train')
    .description('Fit a CTR forest, judge it on held-out rows and make it the current model.')
    .addOption(new Option('-i, --input <file>', 'CSV to learn from; generated records if absent'))
    .addOption(flag('rows', 'records to generate', 5000))
    .addOption(profileFlag())
    .addOption(flag('seed', 'same seed, same model, byte for byte', defaultFitOptions.seed))
    .addOption(
      new Option('-o, --output <folder>', 'registry of models').env('MODEL_DIR').default('models'),
    )
    .addOption(flag('trees', 'number of trees', defaultFitOptions.trees))
    .addOption(flag('depth', 'deepest a tree may grow', defaultFitOptions.maxDepth))
    .addOption(flag('bins', 'bins of a numeric feature', defaultFitOptions.maxBins))
    .addOption(flag('leaf-rows', 'rows that a leaf must keep', defaultFitOptions.minLeafRows))
    .addOption(
      new Option('--held-out <share>', 'share of rows that only judge the model')
        .argParser(share)
        .default(0.2),
    )
    .addOption(flag('threads', 'threads to grow trees on', availableParallelism()))
    .option('--if-missing', 'do nothing if the registry already has a model')
    .addHelpText('after', trainHelp)
    .action((flags: TrainFlags) => runTrain(flags, signal));
  program
    .command('generate')
    .description('Write synthetic ad records with a known true CTR.')
    .addOption(flag('rows', 'records to write', 5000))
    .addOption(flag('seed', 'same seed, same bytes', 42))
    .addOption(profileFlag())
    .option('-o, --output <file>', '.csv or .ndjson; CSV on standard output if absent')
    .action((flags: GenerateFlags) => runGenerate(flags));
  return program;
}

const trainHelp = `
The CSV needs a header with the columns
  impressions   whole number ≥ 1
  ad_position   1 (top) to 10
  device_type   mobile, desktop or tablet
  budget        number > 0
  clicks        whole number from 0 to impressions
and may have true_ctr, if you know it. Other columns are left alone.

Examples
  adscale train                                5,000 generated records into ./models
  adscale train --input placements.csv         your own data
  adscale train --trees 300 --leaf-rows 20     a larger, smoother forest
  adscale generate --rows 100000 -o ads.csv    practice data

Exit status: 0 done, 1 failed, 2 bad flag or bad data (nothing written), 130 interrupted.`;
