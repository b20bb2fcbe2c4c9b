import {
  encodedTable,
  evaluate,
  evaluatePredictions,
  judgeParts,
  knownTable,
  predictTable,
  Registry,
  type CtrModel,
  type CtrTable,
  type Evaluation,
  type EvaluationOptions,
} from '@adscale/ctr';
import { Argument, Command } from 'commander';
import { exitHelp } from '../cli/exit.js';
import { jsonFlag } from '../cli/flags.js';
import { Reporter } from '../cli/reporter.js';
import { readMappingFile } from '../mapping/file.js';
import type { Mapping } from '../mapping/mapping.js';
import { addMappingChanges, changeMapping, type MappingChanges } from '../mapping/mapping-flags.js';
import { describeDirty, type RowCounts } from '../rows/counts.js';
import { tellRestated } from '../rows/restated.js';
import { readTable } from '../rows/table.js';
import { Database } from '../source/database.js';
import { addSourceFlags, fingerprint, type SourceFlags } from '../source/source.js';
import {
  addWarehouseFlags,
  useWarehouse,
  warehouseData,
  type WarehouseFlags,
} from '../warehouse/open.js';
import { readWarehouse } from '../warehouse/read.js';
import { openRows } from '../warehouse/rows.js';
import {
  chooseVersion,
  modelMapping,
  modelsFlag,
  openForModel,
  versionHelp,
  type ModelsFlags,
} from './stored-model.js';
import { reportEvaluation } from './summary.js';

/** `adscale evaluate`: how good a stored model is on other data. */
export function evaluateCommand(signal: AbortSignal): Command {
  const command = new Command('evaluate')
    .description('Judge a stored model by data with known clicks.')
    .addArgument(new Argument('[version-and-data...]', 'a version, then files; see below'))
    .option('--mapping <file>', "what the columns mean; default: as the model's own data");
  return addMappingChanges(addWarehouseFlags(addSourceFlags(command)))
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
  adscale evaluate --source postgres://reader@warehouse/ads --table clicks

${exitHelp}`;

interface EvaluateFlags extends JudgingFlags, ModelsFlags {}

/** Judges a stored model by data with known clicks. */
async function runEvaluate(
  args: readonly string[],
  flags: EvaluateFlags,
  signal: AbortSignal,
): Promise<void> {
  const reporter = new Reporter(flags.json);
  const registry = new Registry(flags.models);
  const { version, rest } = await chooseVersion(registry, args);
  const input = [...rest, ...(flags.input ?? [])];
  const model = await registry.load(version);
  const { card } = model;
  const read = await readJudgingTable(model, { ...flags, input }, reporter, signal);
  const { counts, fingerprint } = read;
  const table = knownTable(read.table, model.words);
  const isSeen = fingerprint === card?.data_fingerprint;
  if (isSeen) {
    reporter.note(`${version} was trained on this very data: it has seen what was not held out`);
  }
  const groups = card?.split?.by === 'group' ? table.group : undefined;
  const { evaluation, predicted } = judge(model, table, groups && { groups });
  const heldOut = { heldOut: evaluation, heldOutTable: table, predicted, encoding: model.words };
  const parts = judgeParts({ ...heldOut, seed: SEED, byGroup: groups !== undefined });
  reporter.result(`model            ${version}\n${reportEvaluation(evaluation, parts)}`, {
    version,
    data_fingerprint: fingerprint,
    trained_on_this_data: isSeen,
    evaluation,
    ...parts,
    data: counts,
  });
}

/** Of the bootstrap, as an evaluation's own where none is given. */
const SEED = 42;

/** An evaluation and the predictions that it judges. */
interface Judged {
  readonly evaluation: Evaluation;
  readonly predicted: Float64Array;
}

/**
 * As `evaluate`; rows that lack what training knew are predicted by what is known of them.
 * @param table words by the model's numbers
 */
export function judge(model: CtrModel, table: CtrTable, options?: EvaluationOptions): Judged {
  const { forest } = model;
  const { values, rows } = table.features;
  const row = new Float64Array(values.length);
  const columns = encodedTable(table, model.words);
  const predicted = predictTable(forest, columns);
  let isWhole = true;
  for (let i = 0; i < rows; i++) {
    for (let f = 0; f < row.length; f++) row[f] = values[f][i];
    const unknown = model.unknown(row);
    if (unknown.length === 0) continue;
    isWhole = false;
    predicted[i] = model.predictWithout(row, unknown).ctr;
  }
  const evaluation = isWhole
    ? evaluate(forest, columns, options, predicted)
    : evaluatePredictions(predicted, table, options);
  return { evaluation, predicted };
}

interface JudgingFlags extends SourceFlags, MappingChanges, WarehouseFlags {
  readonly mapping?: string;
}

/** Rows that judge a model. */
interface JudgingTable {
  readonly table: CtrTable;
  readonly counts: RowCounts;
  readonly fingerprint: string;
}

/**
 * Reads data with known clicks as a model sees it. A click log is grouped by the model's own bins,
 * so that every prediction is that of its row.
 * @throws InputError if it cannot be read so
 */
export async function readJudgingTable(
  model: CtrModel,
  flags: JudgingFlags,
  reporter: Reporter,
  signal: AbortSignal,
): Promise<JudgingTable> {
  const { forest } = model;
  const given = flags.mapping === undefined ? undefined : await readMappingFile(flags.mapping);
  if (flags.source !== undefined) {
    return countJudging(model, given, flags.source, flags, reporter, signal);
  }
  return Database.use(flags, signal, async (database) => {
    const source = await openForModel(database, flags, model);
    await database.confine(source.files.map(({ stored }) => stored));
    const names = source.columns.map(({ name }) => name);
    const mapping = changeMapping(modelMapping(model, names, given), flags);
    const { table, counts, restated } = await reporter.during(
      { name: 'read', unit: 'rows' },
      (stage) =>
        readTable(database, source, {
          mapping,
          maxBins: forest.parameters.maxBins,
          cuts: model.schema.features.map((_, f) => model.cutsOf(f)),
          judgeOnly: true,
          stage,
        }),
      (read) => read.counts.rows,
    );
    const held = Object.values(mapping.features).filter(({ bias }) => bias === true);
    const notes = [
      ...source.notes,
      ...held.map(({ column, held_at: at }) => `where ${column} is empty, it is held at ${at}`),
      ...(restated ? [tellRestated(restated)] : []),
      ...tellSampled(mapping, flags),
    ];
    tellRead(notes, counts, reporter);
    return { table, counts, fingerprint: await fingerprint(database, source, signal) };
  });
}

function tellSampled({ negative_sampling_rate: rate }: Mapping, flags: MappingChanges): string[] {
  if (rate === undefined || flags.negativeSamplingRate !== undefined) return [];
  return [
    `read as a log that holds ${rate} of its impressions without a click, as the model's own; --negative-sampling-rate 1 if it is whole`,
  ];
}

function tellRead(notes: readonly string[], counts: RowCounts, reporter: Reporter): void {
  notes.forEach((note) => reporter.note(note));
  if (counts.dirty === 0) return;
  const dropped = counts.dirty.toLocaleString('en');
  reporter.note(`dropped ${dropped} rows: ${describeDirty(counts)}`);
}

/** The same of a warehouse, which counts rows by the model's own bins. */
async function countJudging(
  model: CtrModel,
  given: Mapping | undefined,
  url: string,
  flags: JudgingFlags,
  reporter: Reporter,
  signal: AbortSignal,
): Promise<JudgingTable> {
  const data = warehouseData(url, flags);
  return useWarehouse(url, flags, signal, (warehouse) =>
    Database.use(flags, signal, async (database) => {
      const { columns } = await openRows(warehouse, data, {});
      const names = columns.map(({ name }) => name);
      const mapping = changeMapping(modelMapping(model, names, given), flags);
      const cuts = model.schema.features.map((_, f) => model.cutsOf(f));
      const { maxBins } = model.forest.parameters;
      const { maxCells } = flags;
      const read = await reporter.during(
        { name: 'count', unit: 'rows' },
        () => readWarehouse(database, warehouse, { data, mapping, maxBins, maxCells, cuts }),
        ({ counts }) => counts.rows,
      );
      tellRead([...tellSampled(mapping, flags), ...read.notes], read.counts, reporter);
      return read;
    }),
  );
}
