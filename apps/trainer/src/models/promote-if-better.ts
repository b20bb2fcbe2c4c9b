import type { Registry } from '@adscale/ctr';
import { RefusedError } from '../cli/exit.js';
import type { Reporter } from '../cli/reporter.js';
import type { DatabaseOptions } from '../source/database.js';
import { compareModels, tellComparison, type Comparison } from './compare.js';
import { judgingRows } from './held-out.js';

/** What became of a candidate. */
export interface Promotion {
  readonly promoted: boolean;
  /** In words. */
  readonly reason: string;
  /** None if there was nothing to compare with. */
  readonly comparison: Comparison | null;
}

/** What to read, where, and with how much. */
export interface PromotionOptions extends DatabaseOptions {
  /** Files to compare on; absent: the candidate's held-out rows. */
  readonly data?: readonly string[];
}

/**
 * Makes a version the current one if it is better beyond chance than the one that is, on rows that
 * it was not trained on. Where there is no current one, there is nothing to be better than.
 * @throws InputError if there are no such rows
 */
export async function promoteIfBetter(
  registry: Registry,
  version: string,
  options: PromotionOptions,
  signal: AbortSignal,
): Promise<Promotion> {
  const serving = await registry.current();
  if (serving === version) {
    return { promoted: true, reason: `${version} is current already`, comparison: null };
  }
  if (serving === undefined) {
    await registry.promote(version);
    const reason = `now current: ${version}; there was none to compare with`;
    return { promoted: true, reason, comparison: null };
  }
  const [candidate, current] = [await registry.load(version), await registry.load(serving)];
  const rows = await judgingRows({ ...options, candidate, current }, signal);
  const comparison = compareModels(candidate, current, rows);
  if (!comparison.better) {
    const reason = `not promoted: ${version} is not better beyond chance than ${serving}, which stays current`;
    return { promoted: false, reason, comparison };
  }
  signal.throwIfAborted();
  await registry.promote(version);
  return { promoted: true, reason: `now current: ${version}; it is better`, comparison };
}

/** Tells the outcome. @throws RefusedError if it was not promoted */
export function reportPromotion(promotion: Promotion, reporter: Reporter): void {
  const { comparison, reason, promoted } = promotion;
  const told = comparison === null ? [] : [tellComparison(comparison)];
  reporter.result([...told, ...(promoted ? [reason] : [])].join('\n'), promotion);
  if (!promoted) throw new RefusedError(reason);
}
