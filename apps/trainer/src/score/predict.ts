import { resolve } from 'node:path';
import { Registry, type CtrModel } from '@adscale/ctr';
import { InputError } from '../cli/exit.js';
import { readMappingFile } from '../mapping/file.js';
import { chooseVersion } from './version.js';
import type { ModelsFlags } from './model-flags.js';
import { modelMapping } from './model-mapping.js';
import { Reporter, type Stage } from '../cli/reporter.js';
import { REJECTS, REJECT_SCANS } from '../source/csv.js';
import { Database } from '../source/database.js';
import type { SourceFlags } from '../source/source-flags.js';
import { openSource, type Source } from '../source/source.js';
import { quoteName } from '../source/sql.js';
import { writeWhole } from '../cli/whole-file.js';
import { copySql, keptColumns, outputFormat } from './output-format.js';
import { Predictor } from './predictor.js';
import { exposureSql, reasonSql, scoreQuery } from './score-query.js';

export interface PredictFlags extends SourceFlags, ModelsFlags {
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
export interface Scored {
  readonly version: string;
  readonly output: string;
  readonly rows: number;
  readonly predicted: number;
  /** Rows without a prediction, by reason. */
  readonly not_predicted: readonly { readonly reason: string; readonly rows: number }[];
}

/** Predicts every row of a file and writes them all to another, whole or not at all. */
export async function runPredict(
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
    const source = await openSource(database, { ...flags, input });
    return reporter.during(
      { name: 'predict', unit: 'rows' },
      (stage) => scoreFile(database, source, model, flags, signal, stage),
      ({ rows }) => rows,
    );
  });
  reporter.result(tell(scored), scored);
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
  const predictor = new Predictor(model, level === undefined ? undefined : { level });
  const exposure = level === undefined ? undefined : exposureSql(source, mapping, flags.exposure);
  const format = outputFormat(output);
  let rules: Awaited<ReturnType<typeof scoreQuery>>['rules'] = [];
  let dropped = 0;
  await writeWhole(output, signal, async (temporary) => {
    await database.confine([...source.files.map(({ path }) => path), temporary]);
    const kept = await keptColumns(database, source, format);
    const query = await scoreQuery(database, source, model, mapping, predictor, exposure);
    rules = query.rules;
    const columns = [...kept, ...newColumns(flags, reasonSql(rules))];
    const select = `SELECT ${columns.join(', ')} FROM (${query.sql})`;
    await database.run(copySql(select, temporary, format), stage);
    dropped = source.format === 'csv' ? await countRejects(database) : 0;
  });
  const [predicted = 0, ...problems] = predictor.counts;
  const reasons = rules.map(({ reason }, r) => ({ reason, rows: problems[r] ?? 0 }));
  if (dropped > 0) reasons.push({ reason: 'wrong number of fields: left out', rows: dropped });
  const not_predicted = reasons.filter(({ rows }) => rows > 0);
  const rows = not_predicted.reduce((sum, reason) => sum + reason.rows, predicted);
  return { version: model.version, output, rows, predicted, not_predicted };
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

/** Lines that have too few or too many fields are no rows. */
async function countRejects(database: Database): Promise<number> {
  const { lines } = await database.row(`
    SELECT count(DISTINCT (file_path, line))::DOUBLE AS lines
    FROM ${REJECTS} JOIN ${REJECT_SCANS} USING (scan_id, file_id)`);
  return Number(lines);
}

function tell({ version, output, rows, predicted, not_predicted: others }: Scored): string {
  const count = (n: number): string => n.toLocaleString('en');
  const head = `${output}: ${count(predicted)} of ${count(rows)} rows predicted by ${version}`;
  return [head, ...others.map(({ reason, rows }) => `  ${count(rows)} not: ${reason}`)].join('\n');
}
