import { resolve } from 'node:path';
import { Registry, type CtrModel } from '@adscale/ctr';
import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import { exitHelp, InputError, RefusedError } from '../cli/exit.js';
import { jsonFlag, share } from '../cli/flags.js';
import { Reporter, type Stage } from '../cli/reporter.js';
import { writeWhole } from '../cli/temporary.js';
import { readMappingFile } from '../mapping/file.js';
import { EXPOSURE_FEATURE, type Mapping } from '../mapping/mapping.js';
import { brokenLines } from '../rows/counts.js';
import { Database } from '../source/database.js';
import { addSourceFlags, type Source, type SourceFlags } from '../source/source.js';
import { quoteName } from '../source/sql.js';
import { copySql, keptColumns, outputFormat } from './output-format.js';
import { exposureSql, reasonSql, scoreQuery, type ScoreQuery } from './score-query.js';
import { Scorer } from './scorer.js';
import {
  chooseVersion,
  modelMapping,
  modelsFlag,
  openForModel,
  versionHelp,
  type ModelsFlags,
} from './stored-model.js';

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
what POST /predict_ctr answers, not rounded. Where a cell is empty, or a word was not trained on, the
row is predicted by what the model knows without it, and counted; a feature with bias: true, such as a
position, is held at its value where it is empty or has no column. A row that the model cannot take (no
number, out of bounds, or another word in a list of the default model, such as device_type) keeps its
place with an empty prediction, and is counted. Names of columns may have other case, blanks and units. Lines with a wrong number of fields are no rows and are left out, and counted.

${versionHelp}

Examples
  adscale predict placements.csv -o scored.csv
  adscale predict champion 'placements/*.parquet' -o scored.parquet --interval
  adscale predict --query "SELECT * FROM 'log.parquet' WHERE day = '2026-03-01'" -o day.ndjson.gz

${exitHelp}`;

interface PredictFlags extends SourceFlags, ModelsFlags {
  readonly output: string;
  readonly mapping?: string;
  /** Name of the new column. */
  readonly as: string;
  readonly reasons?: boolean;
  /** Level of the interval, if one is wanted. */
  readonly interval?: number;
  /** Impressions that the interval is over. */
  readonly exposure?: number;
}

/** What became of the rows of a file. */
interface Scored {
  readonly version: string;
  readonly output: string;
  readonly rows: number;
  readonly predicted: number;
  /** Rows without a prediction, by reason. */
  readonly not_predicted: readonly { readonly reason: string; readonly rows: number }[];
  /** Rows that were predicted without a feature, by why it is not known. */
  readonly predicted_without: readonly { readonly reason: string; readonly rows: number }[];
}

/** Predicts every row of a file and writes them all to another, whole or not at all. */
async function runPredict(
  args: readonly string[],
  flags: PredictFlags,
  signal: AbortSignal,
): Promise<void> {
  const reporter = new Reporter(flags.json);
  const registry = new Registry(flags.models);
  outputFormat(flags.output);
  const { version, rest } = await chooseVersion(registry, args);
  const input = [...rest, ...(flags.input ?? [])];
  const model = await registry.load(version);
  const scored = await Database.use(flags, signal, async (database) => {
    const source = await openForModel(database, { ...flags, input }, model);
    source.notes.forEach((note) => reporter.note(note));
    return reporter.during(
      { name: 'predict', unit: 'rows' },
      (stage) => scoreFile(database, source, model, flags, signal, stage),
      ({ rows }) => rows,
    );
  });
  reporter.result(tell(scored), scored);
  const { predicted, rows } = scored;
  if (predicted === 0 && rows > 0) {
    throw new RefusedError(`none of ${rows.toLocaleString('en')} rows could be predicted`);
  }
}

async function scoreFile(
  database: Database,
  source: Source,
  model: CtrModel,
  flags: PredictFlags,
  signal: AbortSignal,
  stage: Stage,
): Promise<Scored> {
  const { output, interval: level } = flags;
  checkOutput(source, flags);
  const given = flags.mapping === undefined ? undefined : await readMappingFile(flags.mapping);
  const mapping = modelMapping(model, namesOf(source), given);
  if (level !== undefined && model.forest.intervals === null) {
    throw new InputError(`--interval: ${model.version} has none: it was not fitted here`);
  }
  const scorer = new Scorer(model, level === undefined ? undefined : { level });
  const exposure = level === undefined ? undefined : exposureSql(source, mapping, flags.exposure);
  const format = outputFormat(output);
  let rules: ScoreQuery['rules'] = [];
  await writeWhole(output, signal, async (temporary) => {
    await database.confine([...source.files.map(({ stored }) => stored), temporary]);
    const kept = await keptColumns(database, source, format);
    const query = await scoreQuery(database, source, { scorer, mapping, exposure });
    rules = query.rules;
    const columns = [...kept, ...newColumns(flags, reasonSql(rules))];
    const select = `SELECT ${columns.join(', ')} FROM (${query.sql})`;
    await database.run(copySql(select, temporary, format), stage);
  });
  const [predicted = 0, ...problems] = scorer.counts;
  const reasons = rules.map(({ reason }, r) => ({ reason, rows: problems[r] ?? 0 }));
  const lines = brokenLines(source);
  reasons.push(...lines.map(({ reason, rows }) => ({ reason: `${reason}: left out`, rows })));
  const not_predicted = reasons.filter(({ rows }) => rows > 0);
  const rows = not_predicted.reduce((sum, reason) => sum + reason.rows, predicted);
  const predicted_without = withoutOf(mapping, scorer);
  return { version: model.version, output, rows, predicted, not_predicted, predicted_without };
}

/** Of features that a record need have: a missing value that was trained on is an answer. */
function withoutOf({ features }: Mapping, scorer: Scorer): Scored['predicted_without'] {
  const all = scorer.schema.features.flatMap(({ name }, f) => {
    const { column, missing, bias, held_at: heldAt } = features[name];
    const isAnswer = missing === true && name !== EXPOSURE_FEATURE;
    return [
      { reason: `${column} is a word that was not trained on`, rows: scorer.unseen[f] },
      bias === true
        ? { reason: `${column} is empty, held at ${heldAt}`, rows: scorer.empty[f] }
        : { reason: `${column} is empty`, rows: isAnswer ? 0 : scorer.empty[f] },
    ];
  });
  return all.filter(({ rows }) => rows > 0);
}

const namesOf = ({ columns }: Source): string[] => columns.map(({ name }) => name);

/** The columns that are added, as SQL. */
function newColumns({ as, interval, reasons }: PredictFlags, reason: string): string[] {
  const answers =
    interval === undefined
      ? [`adscale_answer AS ${quoteName(as)}`]
      : [
          `adscale_answer.ctr AS ${quoteName(as)}`,
          `adscale_answer.low AS ${quoteName(`${as}_low`)}`,
          `adscale_answer.high AS ${quoteName(`${as}_high`)}`,
        ];
  return [...answers, ...(reasons ? [`${reason} AS ${quoteName(`${as}_reason`)}`] : [])];
}

/** @throws InputError if what is there already would be lost */
function checkOutput(source: Source, { output, as, interval, reasons }: PredictFlags): void {
  if (source.files.some(({ path }) => resolve(path) === resolve(output))) {
    throw new InputError(`--output: ${output} is what is read; name another file`);
  }
  const added = [as, ...(interval === undefined ? [] : [`${as}_low`, `${as}_high`])];
  if (reasons) added.push(`${as}_reason`);
  // The database knows no difference between Clicks and clicks.
  const names = new Set(namesOf(source).map((name) => name.toLowerCase()));
  const twice = added.find((name) => names.has(name.toLowerCase()));
  if (twice !== undefined) {
    throw new InputError(`${source.name}: there is a column ${twice} already; choose by --as`);
  }
}

function tell(scored: Scored): string {
  const { version, output, rows, predicted, not_predicted: others } = scored;
  const count = (n: number): string => n.toLocaleString('en');
  const head = `${output}: ${count(predicted)} of ${count(rows)} rows predicted by ${version}`;
  const lines = [
    ...others.map(({ reason, rows }) => `  ${count(rows)} not: ${reason}`),
    ...scored.predicted_without.map(
      ({ reason, rows }) => `  ${count(rows)} by what the model knows without it: ${reason}`,
    ),
  ];
  return [head, ...lines].join('\n');
}
