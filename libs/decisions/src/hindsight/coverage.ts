import { roundCount, roundRate, type Range } from '../answer.js';
import { clickNoise, countInterval } from '../error/distributions.js';
import type { ModelError } from '../error/model-error.js';
import type { Decided, Entry } from './entries.js';

/** What came of an entry, counted. */
export interface Observed {
  readonly impressions: number;
  readonly clicks: number;
  /** In the currency's unit; absent where nobody said. */
  readonly spend?: number | undefined;
}

/** What was expected of some impressions, and what came. */
export interface ExpectedAndCame {
  /** Impressions that the decision counted with; null where it planned none. */
  readonly planned_impressions: number | null;
  readonly impressions: number;
  /** Money that came to be spent; null where nobody said. */
  readonly spend: number | null;
  readonly clicks: number;
  /** Of the impressions that came, by the CTR that was predicted. */
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
 * where only some of them came, the interval is that of these: the model's error shrinks with them, the
 * noise of clicks with their root.
 */
export function judgeEntries(
  { entries, level }: Decided,
  error: ModelError,
  observed: readonly Observed[],
): {
  readonly entries: readonly JudgedEntry[];
  readonly total: ExpectedAndCame;
  readonly coverage: Coverage;
} {
  const reach = error.reach(level);
  const noises = observed.map(({ impressions }, i) =>
    clickNoise(error.ctr[i], impressions, error.rho),
  );
  const judged = entries.map((entry, i): JudgedEntry => {
    const { impressions, clicks } = observed[i];
    const variance = noises[i] + (impressions * error.deviationOf(i)) ** 2;
    return {
      id: entry.id,
      planned_spend: entry.spend,
      predicted_ctr: roundRate(error.ctr[i]),
      observed_ctr: impressions === 0 ? null : roundRate(clicks / impressions),
      ...cameOf(observed[i], error.ctr[i] * impressions, variance, reach),
      planned_impressions: entry.planned,
    };
  });
  const held = judged.filter((entry) => entry.held).length;
  const count = judged.filter((entry) => entry.held !== null).length;
  return {
    entries: judged,
    total: totalOf(entries, error, observed, noises, reach),
    coverage: { level, judged: count, held, share: count === 0 ? null : roundRate(held / count) },
  };
}

function totalOf(
  entries: readonly Entry[],
  error: ModelError,
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
  const expected = sum(impressions.map((count, i) => count * error.ctr[i]));
  const variance = sum(noises) + error.varianceOfTotal(impressions);
  return {
    ...cameOf(came, expected, variance, reach),
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
