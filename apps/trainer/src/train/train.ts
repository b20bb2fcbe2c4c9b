import {
  defaultFitOptions,
  Registry,
  trainCtr,
  type Trained,
  type TrainOptions,
} from '@adscale/ctr';
import { Argument, Command } from 'commander';
import { exitHelp, InputError, RefusedError } from '../cli/exit.js';
import { countFlag, jsonFlag, progressFlag, registryFlag } from '../cli/flags.js';
import { Reporter } from '../cli/reporter.js';
import { isDefault } from '../mapping/mapping.js';
import { addMappingChanges, addMappingFlags } from '../mapping/mapping-flags.js';
import { promoteIfBetter, tellComparison } from '../models/comparison.js';
import { tooGood } from '../report/warnings.js';
import { reportCard } from '../score/summary.js';
import { profileFlag, type GeneratedRows } from '../source/generate.js';
import { addSourceFlags } from '../source/source.js';
import { addJudgeFlags, judgeOptions, type JudgeFlags } from './judge-flags.js';
import { addWarehouseFlags, warehouseData } from '../warehouse/open.js';
import { loadWarehouse } from './load-warehouse.js';
import { loadGenerated, loadTable, type LoadedTable, type LoadFlags } from './load.js';
import { recipeOf, wordOptions, type TrainedOn } from './recipe.js';
import { renderReport } from './report-files.js';

/** `adscale train`: data in, a published model out. */
export function trainCommand(signal: AbortSignal): Command {
  const command = new Command('train')
    .description('Fit a CTR forest, judge it on held-out rows and make it the current model.')
    .addArgument(new Argument('[data...]', 'what to learn from; generated records if absent'))
    .addOption(countFlag('rows', 'records to generate', 5000))
    .addOption(profileFlag());
  addJudgeFlags(addMappingChanges(addMappingFlags(addWarehouseFlags(addSourceFlags(command)))))
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
    .addOption(progressFlag())
    .addHelpText('after', trainHelp);
  return command.action((data: string[], flags: TrainFlags) => {
    if (isGenerated(data, flags)) refuseDataFlags(command);
    return runTrain(data, flags, signal);
  });
}

/** Whether nothing names data. */
const isGenerated = (data: readonly string[], { input = [], query, source }: TrainFlags): boolean =>
  data.length + input.length === 0 && query === undefined && source === undefined;

/**
 * Generated records would answer to none of the flags that speak of data, and a model of them would
 * take the place of the one that was meant.
 * @throws InputError naming the first such flag
 */
function refuseDataFlags(command: Command): void {
  const flag = command.options.find(
    (option) =>
      OF_DATA.has(option.attributeName()) &&
      command.getOptionValueSource(option.attributeName()) === 'cli',
  );
  if (flag === undefined) return;
  throw new InputError(
    `${flag.long}: got it without data, wanted a file, --query or --source beside it; without data, generated records are learned from`,
  );
}

const OF_DATA: ReadonlySet<string> = new Set<keyof LoadFlags>([
  ...(['called', 'encoding', 'table', 'sheet', 'decimal', 'dates', 'mapping', 'maxCells'] as const),
  ...(['impressions', 'clicks', 'label', 'feature', 'forceFeature', 'where', 'derive'] as const),
  ...(['dirty', 'negativeSamplingRate', 'repeatClicks', 'blankClicks', 'restated'] as const),
  ...(['mature', 'exposureFeature'] as const),
]);

const trainHelp = `
What the columns mean is said by a mapping: a file that "adscale inspect" drafts, or flags. None is
needed for a table with the columns of the default model:
  impressions   whole number ≥ 1
  ad_position   1 (top) to 10
  device_type   mobile, desktop or tablet
  budget        number > 0
  clicks        whole number from 0 to impressions
and true_ctr, if you know it. Other columns are left alone, which is said.

Examples
  adscale train                                5,000 generated records into ./models
  adscale train placements.csv                 your own data
  adscale train 'logs/*.parquet' --label clicked --feature hour --feature device
  adscale train ads.csv --where 'impressions >= 100' --derive weekend='dayofweek(date) IN (0, 6)'
  adscale train --trees 300 --leaf-rows 20     a larger, smoother forest
  adscale train --source clickhouse://reader@warehouse:8123/ads --table clicks --label clicked

${exitHelp}`;

interface TrainFlags extends LoadFlags, GeneratedRows, JudgeFlags {
  readonly output: string;
  readonly trees: number;
  readonly depth?: number;
  readonly leafRows?: number;
  readonly ifMissing?: boolean;
  readonly json?: boolean;
  readonly progress?: boolean;
  /** Make the model the current one. */
  readonly promote: boolean;
  /** Only if it is better than the current one, beyond chance. */
  readonly promoteIfBetter?: boolean;
}

/** Reads or generates, fits, judges, and publishes the model as the registry's current one. */
async function runTrain(
  data: readonly string[],
  flags: TrainFlags,
  signal: AbortSignal,
): Promise<void> {
  const reporter = new Reporter(flags.json, flags.progress);
  const registry = new Registry(flags.output, { signal });
  if (flags.ifMissing && (await registry.current()) !== undefined) {
    reporter.result(`${flags.output} already has a model: nothing to do`, { trained: false });
    return;
  }
  if (flags.source !== undefined && flags.promoteIfBetter === true) {
    throw new InputError(
      '--promote-if-better: wanted none with --source, whose held-out rows are not at hand; train with --no-promote, then compare by "adscale models promote --if-better --data <file>"',
    );
  }
  await registry.checkWritable();
  const input = [...data, ...(flags.input ?? [])];
  const generated = isGenerated(data, flags);
  const loaded = generated
    ? loadGenerated(flags, reporter)
    : flags.source === undefined
      ? await loadTable({ ...flags, input }, reporter, signal)
      : await loadWarehouse(flags.source, { ...flags, input }, reporter, signal);
  const from = generated ? { input: [], generated: loaded.source } : trainedOn({ ...flags, input });
  const trained = await growModel(loaded, from, flags, reporter, signal);
  const { bytes, card } = trained;
  const files = flags.report ? await renderReport(trained, loaded.notes) : undefined;
  signal.throwIfAborted();
  const promote = flags.promote && !flags.promoteIfBetter;
  // With its report, so that no version is ever seen without it.
  const version = await registry.publish(bytes, card, { promote, ...(files && { files }) });
  const reportPath = files && registry.fileOf(version, 'report.html');
  const promotion = flags.promoteIfBetter
    ? await promoteIfBetter(registry, version, flags, signal)
    : undefined;
  const { comparison } = promotion ?? {};
  const told = [
    reportCard(card, { reportPath }),
    ...tooGood(card.held_out).map(({ text }) => `warning          ${text}`),
    ...(comparison ? [tellComparison(comparison)] : []),
    outcome(registry.fileOf(version, ''), promotion?.promoted ?? promote),
  ];
  reporter.result(told.join('\n'), {
    trained: true,
    version,
    card,
    ...(loaded.counts !== undefined && { data: { ...loaded.counts, files: loaded.files } }),
    ...(reportPath !== undefined && { report: reportPath }),
    ...(promotion !== undefined && { promotion }),
  });
  if (promotion?.promoted === false) throw new RefusedError(promotion.reason);
}

/** What the flags name, as the recipe keeps it. */
function trainedOn(flags: LoadFlags): TrainedOn {
  const { source, input = [], query, encoding, table, sheet, maxCells } = flags;
  if (source === undefined) return { input, query, encoding, table: table as number, sheet };
  const data = warehouseData(source, flags);
  return {
    input: [],
    warehouse: { ...data, ...(maxCells !== undefined && { max_cells: maxCells }) },
  };
}

function growModel(
  { table, source, mapping, fingerprint, counting }: LoadedTable,
  from: TrainedOn,
  flags: TrainFlags,
  reporter: Reporter,
  signal: AbortSignal,
): Promise<Trained> {
  const { trees, seed, depth: maxDepth, bins: maxBins, leafRows: minLeafRows, threads } = flags;
  const { time } = table;
  const asked: TrainOptions = {
    fit: { trees, seed, maxDepth, maxBins, minLeafRows },
    ...judgeOptions(
      flags,
      {
        timed: time !== undefined && time.some((moment) => moment !== time[0]),
        mapped: mapping !== undefined && !isDefault(mapping),
      },
      reporter,
    ),
    words: wordOptions(mapping),
    ...{ source, mapping, fingerprint, counting },
    ...{ threads, signal },
  };
  const options = { ...asked, recipe: recipeOf(from, asked) };
  const { schema, rows } = table.features;
  if (options.model === 'forest' && schema.features.every(({ kind }) => kind !== 'word')) {
    const stage = { name: 'grow', total: trees, unit: 'trees' };
    return reporter.during(stage, ({ update: onProgress }) =>
      trainCtr(table, { ...options, onProgress }),
    );
  }
  return reporter.during({ name: 'train', total: rows, unit: 'rows' }, ({ update }) =>
    trainCtr(table, { ...options, onStage: (_, share) => update(Math.round(rows * share)) }),
  );
}

function outcome(folder: string, promoted: boolean): string {
  return promoted ? `now current: ${folder}` : `stored, the current model stays: ${folder}`;
}
