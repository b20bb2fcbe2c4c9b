import { evaluate, Registry } from '@adscale/ctr';
import { reportEvaluation } from './summary.js';
import { chooseVersion } from './version.js';
import type { ModelsFlags } from './model-flags.js';
import { Reporter } from '../cli/reporter.js';
import { readJudgingTable, type JudgingFlags } from './judging-table.js';

export interface EvaluateFlags extends JudgingFlags, ModelsFlags {}

/** Judges a stored model by data with known clicks. */
export async function runEvaluate(
  args: readonly string[],
  flags: EvaluateFlags,
  signal: AbortSignal,
): Promise<void> {
  const reporter = new Reporter(flags.json);
  const registry = new Registry(flags.models);
  const { version, rest } = await chooseVersion(registry, args);
  const input = [...rest, ...(flags.input ?? [])];
  const model = await registry.load(version);
  const { forest, card } = model;
  const read = await readJudgingTable(model, { ...flags, input }, reporter, signal);
  const { table, counts, fingerprint } = read;
  const isSeen = fingerprint === card?.data_fingerprint;
  if (isSeen) {
    reporter.note(`${version} was trained on this very data: it has seen what was not held out`);
  }
  const groups = card?.split?.by === 'group' ? table.group : undefined;
  const evaluation = evaluate(forest, table, groups && { groups });
  reporter.result(`model            ${version}\n${reportEvaluation(evaluation)}`, {
    version,
    data_fingerprint: fingerprint,
    trained_on_this_data: isSeen,
    evaluation,
    data: counts,
  });
}
