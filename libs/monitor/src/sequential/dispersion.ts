/*
 * Days differ by more than chance: a match, the weather, a holiday that no feature tells. If a day's
 * factor varies around θ with variance v θ², its clicks have variance e (1 + v e) instead of e, where v
 * is small and e, a day's expected clicks, may be in the thousands. Evidence that takes them for
 * independent impressions is wrong about itself without bound.
 *
 * So a day's likelihood ratio is taken to the power 1 / (1 + v e) (tempering; Grünwald 2012), which
 * only divides its sums: a day of any size counts as at most 1 / v clicks.
 *
 * What is guaranteed: with v = 0, everything (evidence.ts). With v > 0 a tempered ratio L^w, w ≤ 1, is
 * still a supermartingale for counts that are no more dispersed than Poisson (Jensen); for counts with
 * variance e (1 + v e) it is one to second order in the miss that is bet on, and by simulation (bench)
 * within its level for gamma-distributed days. v itself is estimated, which no theorem covers here.
 *
 * v is estimated by differences of successive days (von Neumann 1941), so that neither a wrong level nor
 * a slow drift is taken for chance, and a jump only once; differences beyond three deviations count
 * as three, so that not even that does much.
 */
import type { Evidence } from './evidence.js';

/** How much days differ, and how much is known of it. */
export interface DayVariance {
  /** Variance of a day's factor beyond chance, over the factor's square; 0: chance alone. */
  readonly variance: number;
  /** Pairs of successive days that tell of it. */
  readonly pairs: number;
}

/** Fewer expected clicks make a ratio of which nothing can be told. */
const LEAST_EXPECTED = 5;
const ROUNDS = 8;
const MOST_SQUARES = 9;
/** Pairs that what is known of all segments counts for, against a segment's own. */
const POOL_PAIRS = 20;

interface Pair {
  /** Squared difference of the two days' factors, over the factor's square. */
  readonly square: number;
  /** What chance alone makes of it. */
  readonly chance: number;
}

/** @param series days in order, one list for each segment */
export function dayVariance(series: Iterable<readonly Evidence[]>): DayVariance {
  const pairs: Pair[] = [];
  for (const days of series) pushPairs(days, pairs);
  let variance = 0;
  for (let round = 0; round < ROUNDS; round++) {
    let [sum, weights] = [0, 0];
    for (const { square, chance } of pairs) {
      const usual = chance + 2 * variance;
      const weight = 1 / usual ** 2;
      sum += weight * (Math.min(square, MOST_SQUARES * usual) - chance);
      weights += 2 * weight;
    }
    variance = weights > 0 ? Math.max(0, sum / weights) : 0;
  }
  return { variance, pairs: pairs.length };
}

function pushPairs(days: readonly Evidence[], pairs: Pair[]): void {
  for (let day = 1; day < days.length; day++) {
    const [a, b] = [days[day - 1], days[day]];
    if (!(Math.min(a.expected, b.expected) >= LEAST_EXPECTED)) continue;
    const factor = (a.clicks + b.clicks) / (a.expected + b.expected);
    if (!(factor > 0)) continue;
    const square = ((a.clicks / a.expected - b.clicks / b.expected) / factor) ** 2;
    pairs.push({ square, chance: (1 / a.expected + 1 / b.expected) / factor });
  }
}

/** A segment's own variance, pulled to that of all by how little is known of it. */
export function pulled(own: DayVariance, all: DayVariance): number {
  return (own.pairs * own.variance + POOL_PAIRS * all.variance) / (own.pairs + POOL_PAIRS);
}

/**
 * A day's evidence as what it is worth.
 * @param variance v ≥ 0 of a day's factor
 */
export function tempered({ clicks, expected }: Evidence, variance: number): Evidence {
  const weight = 1 / (1 + variance * expected);
  return { clicks: weight * clicks, expected: weight * expected };
}
