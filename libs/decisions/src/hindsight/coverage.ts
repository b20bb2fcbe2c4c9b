import { roundCount, roundRate, type Range } from '../answer.js';
import { clickNoise, countInterval } from '../error/distributions.js';
import type { Decided, Entry } from './entries.js';
import type { Expected, ShownRecord } from './shown.js';

/** What came of an entry, counted. */
export interface Observed {
  readonly impressions: number;
  readonly clicks: number;
  /** In the currency's unit; absent where nobody said. */
  readonly spend?: number | undefined;
  /** The records that the impressions had, or a sample of them; absent: as the decision took them. */
  readonly shown?: readonly ShownRecord[] | undefined;
}

/** What was expected of some impressions, and what came. */
export interface ExpectedAndCame {
  /** Impressions that the decision counted with; null where it planned none. */
  readonly planned_impressions: number | null;
  readonly impressions: number;
  /** Money that came to be spent; null where nobody said. */
  readonly spend: number | null;
  readonly clicks: number;
  /** Of the impressions that came, at the records that they had. */
  readonly expected_clicks: number;
  /** Of the same, at the decision's level. */
  readonly interval: Range;
  /** Whether the interval held what came; null without impressions. */
  readonly held: boolean | null;
}

export interface JudgedEntry extends ExpectedAndCame {
  readonly id: string;
  readonly planned_spend: number | null;
  readonly predicted_ctr: number;
  readonly observed_ctr: number | null;
}

/** How often intervals held of those that can be judged. */
export interface Coverage {
  readonly level: number;
  readonly judged: number;
  readonly held: number;
  /** null where none can be judged. */
  readonly share: number | null;
}

/**
 * Holds what came against the intervals. A decision's own interval is of all the impressions that it planned;
 * where others came, the interval is that of these, at the records that they had: the model's error shrinks
 * with their number, the noise of clicks with its root.
 * @param predicted by entry: the CTR that the decision counted with
 */
export function judgeEntries(
  { entries, level }: Decided,
  predicted: ArrayLike<number>,
  expected: Expected,
  observed: readonly Observed[],
): {
  readonly entries: readonly JudgedEntry[];
  readonly total: ExpectedAndCame;
  readonly coverage: Coverage;
} {
  const { clicks: means, error } = expected;
  const reach = error.reach(level);
  const noises = observed.map(({ impressions }, i) =>
    impressions === 0 ? 0 : clickNoise(means[i] / impressions, impressions, error.rho),
  );
  const judged = entries.map((entry, i): JudgedEntry => {
    const { impressions, clicks } = observed[i];
    const variance = noises[i] + (worthOf(expected, i) * error.deviationOf(i)) ** 2;
    return {
      id: entry.id,
      planned_spend: entry.spend,
      predicted_ctr: roundRate(predicted[i]),
      observed_ctr: impressions === 0 ? null : roundRate(clicks / impressions),
      ...cameOf(observed[i], means[i], variance, reach),
      planned_impressions: entry.planned,
    };
  });
  const held = judged.filter((entry) => entry.held).length;
  const count = judged.filter((entry) => entry.held !== null).length;
  return {
    entries: judged,
    total: totalOf(entries, expected, observed, noises, reach),
    coverage: { level, judged: count, held, share: count === 0 ? null : roundRate(held / count) },
  };
}

/** So many impressions of the entry's most frequent record are expected to bring the same clicks. */
function worthOf({ clicks, error }: Expected, i: number): number {
  return clicks[i] / error.ctr[i];
}

function totalOf(
  entries: readonly Entry[],
  expected: Expected,
  observed: readonly Observed[],
  noises: readonly number[],
  reach: number,
): ExpectedAndCame {
  const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);
  const impressions = observed.map((one) => one.impressions);
  const spends = observed.flatMap(({ spend }) => (spend === undefined ? [] : [spend]));
  const planned = entries.flatMap((entry) => (entry.planned === null ? [] : [entry.planned]));
  const came = {
    impressions: sum(impressions),
    clicks: sum(observed.map(({ clicks }) => clicks)),
    spend: spends.length === 0 ? undefined : sum(spends),
  };
  const worths = entries.map((_, i) => worthOf(expected, i));
  const variance = sum(noises) + expected.error.varianceOfTotal(worths);
  return {
    ...cameOf(came, sum(expected.clicks), variance, reach),
    planned_impressions: planned.length < entries.length ? null : sum(planned),
  };
}

function cameOf(
  { impressions, clicks, spend }: Observed,
  expected: number,
  variance: number,
  reach: number,
): Omit<ExpectedAndCame, 'planned_impressions'> {
  const { low, high } = countInterval(expected, variance, reach, impressions);
  return {
    impressions,
    spend: spend === undefined ? null : roundCount(spend),
    clicks,
    expected_clicks: roundCount(expected),
    interval: { low: roundCount(low), high: roundCount(high) },
    // Clicks are whole: those between which an end lies are not outside.
    held: impressions === 0 ? null : clicks >= Math.floor(low) && clicks <= Math.ceil(high),
  };
}
