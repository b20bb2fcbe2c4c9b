import {
  compareNe,
  exposures,
  type CtrModel,
  type NeDifference,
  type Registry,
} from '@adscale/ctr';
import { RefusedError } from '../cli/exit.js';
import type { Reporter } from '../cli/reporter.js';
import type { DatabaseOptions } from '../source/database.js';
import type { JudgingRows } from './held-out.js';

/** How a candidate stands against the model that serves. */
export interface Comparison {
  readonly candidate: string;
  readonly current: string;
  readonly source: string;
  readonly rows: number;
  readonly impressions: number;
  /** Normalised entropy, candidate less current: below 0 the candidate is better. */
  readonly difference: number;
  /** Where it lies, 95 % of the time; null if it cannot be told. */
  readonly interval: NeDifference['interval'];
  /** The whole interval lies below 0. */
  readonly better: boolean;
  readonly notes: readonly string[];
}

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
  /** Share of the impressions without a click that these files hold, where they are a click log. */
  readonly negativeSamplingRate?: number;
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
  // Reading rows takes the database, which the other commands do without.
  const { judgingRows } = await import('./held-out.js');
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

/**
 * Compares two models by the rows that both predict. The candidate is better if the difference is
 * beyond chance: the paired bootstrap interval of the difference in NE lies below 0.
 */
export function compareModels(
  candidate: CtrModel,
  current: CtrModel,
  { source, table, byGroup, notes }: JudgingRows,
): Comparison {
  const [first, second] = table.features.values;
  const groups = byGroup && table.group !== undefined ? { groups: table.group } : {};
  const { difference, interval } = compareNe(first, second, table, groups);
  const impressions = exposures(table).reduce((sum, n) => sum + n, 0);
  return {
    candidate: candidate.version,
    current: current.version,
    source,
    rows: table.features.rows,
    impressions,
    difference,
    interval,
    better: interval !== null && interval[1] < 0,
    notes,
  };
}

/** A comparison as a person reads it. */
export function tellComparison(comparison: Comparison): string {
  const { candidate, current, source, rows, impressions, difference, interval } = comparison;
  const around = interval === null ? 'no interval' : `95 % ${interval.map(signed).join(' to ')}`;
  return [
    `compared on      ${source}: ${rows} rows, ${impressions} impressions`,
    `NE               ${signed(difference)} (${around}), ${candidate} less ${current}`,
    ...comparison.notes.map((note) => `note             ${note}`),
  ].join('\n');
}

function signed(value: number): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(6)}`;
}
