import { Registry, trainCtr, type Trained } from '@adscale/ctr';
import { RefusedError } from '../cli/exit.js';
import { judgeOptions, type JudgeFlags } from './judge-flags.js';
import { reportCard } from '../score/summary.js';
import {
  generateTable,
  loadTable,
  type GeneratedRows,
  type LoadedTable,
  type LoadFlags,
} from './load.js';
import { Reporter } from '../cli/reporter.js';
import { tellComparison } from '../models/compare.js';
import { promoteIfBetter } from '../models/promote-if-better.js';
import { renderReport } from '../report/report.js';

export interface TrainFlags extends LoadFlags, GeneratedRows, JudgeFlags {
  readonly output: string;
  readonly trees: number;
  readonly depth?: number;
  readonly leafRows?: number;
  readonly ifMissing?: boolean;
  readonly json?: boolean;
  /** Make the model the current one. */
  readonly promote: boolean;
  /** Only if it is better than the current one, beyond chance. */
  readonly promoteIfBetter?: boolean;
}

/** Reads or generates, fits, judges, and publishes the model as the registry's current one. */
export async function runTrain(
  data: readonly string[],
  flags: TrainFlags,
  signal: AbortSignal,
): Promise<void> {
  const reporter = new Reporter(flags.json);
  const registry = new Registry(flags.output);
  if (flags.ifMissing && (await registry.current()) !== undefined) {
    reporter.result(`${flags.output} already has a model: nothing to do`, { trained: false });
    return;
  }
  const input = [...data, ...(flags.input ?? [])];
  const isGenerated = input.length === 0 && flags.query === undefined;
  const loaded = isGenerated
    ? generateTable(flags)
    : await loadTable({ ...flags, input }, reporter, signal);
  const trained = await growModel(loaded, flags, reporter, signal);
  const { bytes, card } = trained;
  const report = flags.report
    ? await renderReport(trained, { notes: loaded.notes.map(firstLine) })
    : undefined;
  signal.throwIfAborted();
  // With its report, so that no version is ever seen without it.
  const files = report && { 'report.html': report.html, 'report.json': report.json };
  const promote = flags.promote && !flags.promoteIfBetter;
  const version = await registry.publish(bytes, card, { promote, ...(files && { files }) });
  const reportPath = report && registry.fileOf(version, 'report.html');
  const promotion = flags.promoteIfBetter
    ? await promoteIfBetter(registry, version, flags, signal)
    : undefined;
  const { comparison } = promotion ?? {};
  const told = [
    reportCard(card, { reportPath }),
    ...(comparison ? [tellComparison(comparison)] : []),
    outcome(registry.fileOf(version, ''), promotion?.promoted ?? promote),
  ];
  reporter.result(told.join('\n'), {
    trained: true,
    version,
    card,
    ...(loaded.counts !== undefined && { data: loaded.counts }),
    ...(reportPath !== undefined && { report: reportPath }),
    ...(promotion !== undefined && { promotion }),
  });
  if (promotion?.promoted === false) throw new RefusedError(promotion.reason);
}

/** Examples of bad rows follow in further lines; a report need not list them. */
function firstLine(note: string): string {
  return note.split('\n', 1)[0];
}

function outcome(folder: string, promoted: boolean): string {
  return promoted ? `now current: ${folder}` : `stored, the current model stays: ${folder}`;
}

function growModel(
  { table, source, mapping, fingerprint }: LoadedTable,
  flags: TrainFlags,
  reporter: Reporter,
  signal: AbortSignal,
): Promise<Trained> {
  const { trees, seed, depth: maxDepth, bins: maxBins, leafRows: minLeafRows, threads } = flags;
  return reporter.during({ name: 'grow', total: trees, unit: 'trees' }, ({ update: onProgress }) =>
    trainCtr(table, {
      fit: { trees, seed, maxDepth, maxBins, minLeafRows },
      ...judgeOptions(flags, reporter),
      ...{ source, mapping, fingerprint },
      ...{ threads, onProgress, signal },
    }),
  );
}
