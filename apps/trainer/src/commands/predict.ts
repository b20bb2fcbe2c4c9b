import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import { exitHelp } from '../cli/exit.js';
import { jsonFlag, share } from '../cli/flags.js';
import { modelsFlag, versionHelp } from '../score/model-flags.js';
import { runPredict, type PredictFlags } from '../score/predict.js';
import { addSourceFlags } from '../source/source-flags.js';

/** `adscale predict`: a file in, the same file with predictions out. */
export function predictCommand(signal: AbortSignal): Command {
  const command = new Command('predict')
    .description('Predict the CTR of every row of a file and write them to another file.')
    .addArgument(new Argument('[version-and-data...]', 'a version, then files; see below'))
    .requiredOption('-o, --output <file>', '.csv, .tsv, .ndjson (each also .gz) or .parquet')
    .option('--as <name>', 'name of the new column', 'predicted_ctr')
    .option('--reasons', 'add a column that says why a row has no prediction')
    .addOption(
      new Option(
        '--interval [level]',
        'add <name>_low and <name>_high: what will be observed lies between, 90 % of the time',
      )
        .argParser(share)
        .preset(0.9),
    )
    .addOption(
      new Option(
        '--exposure <n>',
        'impressions that the interval is over; default: as the data says',
      ).argParser(exposure),
    )
    .option('--mapping <file>', "columns of the features; default: as the model's own data");
  return addSourceFlags(command)
    .addOption(modelsFlag())
    .addOption(jsonFlag())
    .addHelpText('after', predictHelp)
    .action((args: string[], flags: PredictFlags) => runPredict(args, flags, signal));
}

function exposure(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value < Infinity)) throw new InvalidArgumentError('wanted a number above 0.');
  return value;
}

const predictHelp = `
The columns of the data are kept as they are, in their order; it needs no clicks. A prediction is
what POST /predict_ctr answers, not rounded. A row that the model cannot take (a feature empty, out
of bounds, or a word it does not know) keeps its place with an empty prediction, and is counted.
Lines with a wrong number of fields are no rows and are left out, and counted.

${versionHelp}

Examples
  adscale predict placements.csv -o scored.csv
  adscale predict champion 'placements/*.parquet' -o scored.parquet --interval
  adscale predict --query "SELECT * FROM 'log.parquet' WHERE day = '2026-03-01'" -o day.ndjson.gz

${exitHelp}`;
