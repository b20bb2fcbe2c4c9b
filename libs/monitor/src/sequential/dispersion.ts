/*
 * Days differ by more than chance: a match, the weather, a holiday that no feature tells; and so do the
 * cells of a day. If a day's factor varies with variance g, its clicks have variance e (1 + g e) instead
 * of e, and e, a day's expected clicks, may be in the thousands. Evidence that takes them for
 * independent impressions is wrong about itself without bound.
 *
 * So a day's likelihood ratio is taken to the power 1 / (1 + g e) (tempering; Grünwald 2012), which only
 * divides its sums: a day of any size counts as 1 / g clicks at most.
 *
 *   g = s (r Σ e_i² / e² + v)      r: variance of a cell's factor, v = 0.01: days differ by 10 %
 *
 * r is what the cells' Pearson squares show around the day's own factor (moments, as Williams 1982).
 * The scale s says how much of this there really is, by differences of successive days (von Neumann
 * 1941), idle ones passed over, to which neither a wrong level nor a slow drift matters, and a jump only
 * once: it is the largest s with which the squared differences are not improbably small, at 15 %. With few
 * days that is all of it, s = 1; of a steady service it becomes 0 within weeks. A segment's own
 * differences count together with those of all segments, which weigh as ten days do.
 *
 * What is guaranteed: with g = 0, everything (evidence.ts). With g > 0 a tempered ratio L^w, w ≤ 1, is
 * still a supermartingale for counts that are no more dispersed than Poisson (Jensen); for counts with
 * variance e (1 + g e) it is one to second order in the miss that is bet on. r and s are estimated,
 * which no theorem covers: there the simulation (bench) stands for it.
 */
import normal from '@stdlib/stats-base-dists-normal';
import type { Evidence } from './evidence.js';

/** A day's counts of some cells. */
export interface DayCounts extends Evidence {
  /** Sum of the cells' squared expected clicks. */
  readonly squares: number;
}

/** Variances of factors beyond chance. */
export interface Spread {
  /** Of a cell on a day. */
  readonly cells: number;
  /** Of a day. */
  readonly days: number;
}

/** The most by which days are taken to differ before they were seen to, 10 %, as a variance. */
const USUAL_DAYS = 0.01;
/** Fewer expected clicks of a day, or a cell, make a ratio of which nothing can be told. */
const LEAST_EXPECTED = 5;
const LEAST_CELL = 2;
const MOST_SQUARES = 9;
const ROUNDS = 8;
/** Days that what is known of all segments weighs as much as. */
const POOL = 10;
/** How improbably small squares must be for less spread than this to be believed. */
const DOUBT = normal.quantile(0.15, 0, 1);
/** Scales that are tried: 0, and from a thousandth to a hundred. */
const SCALES = [0, ...Array.from({ length: 81 }, (_, i) => 10 ** (i / 16 - 3))];

/** A day's evidence as what it is worth. */
export function tempered(day: DayCounts, { cells, days }: Spread): Evidence {
  const { clicks, expected, squares } = day;
  if (!(expected > 0)) return { clicks: 0, expected: 0 };
  const weight = 1 / (1 + (cells * squares) / expected + days * expected);
  return { clicks: weight * clicks, expected: weight * expected };
}

/**
 * The variance of a cell's factor beyond chance, misses that are the same every day included.
 * @param cells clicks and expected clicks of single cells on single days, the days' own factor taken out
 */
export function cellVariance(cells: Iterable<Evidence>): number {
  const known: { square: number; chance: number }[] = [];
  for (const { clicks, expected } of cells) {
    if (!(expected >= LEAST_CELL)) continue;
    known.push({ square: (clicks / expected - 1) ** 2, chance: 1 / expected });
  }
  let variance = 0;
  for (let round = 0; round < ROUNDS; round++) {
    let [sum, weights] = [0, 0];
    for (const { square, chance } of known) {
      const usual = chance + variance;
      sum += (Math.min(square, MOST_SQUARES * usual) - chance) / usual ** 2;
      weights += 1 / usual ** 2;
    }
    variance = weights > 0 ? Math.max(0, sum / weights) : 0;
  }
  return variance;
}

/** What one day of a segment and the next with traffic tell. */
interface Difference {
  /** Of their factors, squared, over the factor's square. */
  readonly square: number;
  /** What chance makes of it, and what the spread does where the scale is 1. */
  readonly chance: number;
  readonly spread: number;
}

/** Sums of squares over what they should be, by scale. */
interface Seen {
  readonly sums: Float64Array;
  readonly differences: number;
}

/** What is known of how much segments differ from day to day. */
export class Dispersion {
  private readonly all: Seen;
  private readonly pool: number;

  /**
   * @param series days in order, one list for each segment; idle days may be in it or not
   * @param cells variance of a cell's factor
   */
  constructor(
    series: readonly (readonly DayCounts[])[],
    private readonly cells: number,
  ) {
    const seen = series.map((days) => this.seenOf(days));
    const sums = new Float64Array(SCALES.length);
    for (const own of seen) own.sums.forEach((sum, i) => (sums[i] += sum));
    const differences = seen.reduce((sum, own) => sum + own.differences, 0);
    this.all = { sums, differences };
    // Segments share their days: what all of them saw together is no more days than one of them saw.
    this.pool = Math.min(POOL, Math.max(0, ...seen.map((own) => own.differences)));
  }

  /** How much one of these segments differs. */
  spreadOf(days: readonly DayCounts[]): Spread {
    const own = this.seenOf(days);
    const share = this.all.differences > 0 ? this.pool / this.all.differences : 0;
    const squares = (at: number): number => own.sums[at] + share * this.all.sums[at];
    const known = own.differences + share * this.all.differences;
    const isPossible = (wanted: number) => (_: number, at: number) => squares(at) >= wanted;
    const most = SCALES.findLastIndex(isPossible(leastSquares(known)));
    const likely = SCALES.findLastIndex(isPossible(known));
    const at = known > 0 ? SCALES[Math.min(SCALES.length - 1, most + 1)] : 1;
    // Of few days, more than usual is believed where it is likely, not where it is only possible.
    const scale = at <= 1 || known >= 2 * POOL ? at : Math.max(1, SCALES[Math.max(0, likely)]);
    return { cells: scale * this.cells, days: scale * USUAL_DAYS };
  }

  private seenOf(days: readonly DayCounts[]): Seen {
    const differences: Difference[] = [];
    // Idle days are passed over: what runs on Mondays alone differs from one Monday to the next.
    const telling = days.filter(({ expected }) => expected >= LEAST_EXPECTED);
    for (let at = 1; at < telling.length; at++) {
      const difference = differenceOf(telling[at - 1], telling[at], this.cells);
      if (difference !== null) differences.push(difference);
    }
    const sums = new Float64Array(SCALES.length);
    for (const { square, chance, spread } of differences) {
      for (let i = 0; i < sums.length; i++) {
        sums[i] += Math.min(MOST_SQUARES, square / (chance + SCALES[i] * spread));
      }
    }
    return { sums, differences: differences.length };
  }
}

function differenceOf(a: DayCounts, b: DayCounts, cells: number): Difference | null {
  const factor = (a.clicks + b.clicks) / (a.expected + b.expected);
  if (!(factor > 0)) return null;
  const spreadOf = ({ squares, expected }: DayCounts): number =>
    USUAL_DAYS + (cells * squares) / expected ** 2;
  return {
    square: ((a.clicks / a.expected - b.clicks / b.expected) / factor) ** 2,
    chance: (1 / a.expected + 1 / b.expected) / factor,
    spread: spreadOf(a) + spreadOf(b),
  };
}

/** The quantile at 15 % of a sum of so many squared normals (Wilson & Hilferty 1931). */
function leastSquares(count: number): number {
  if (!(count > 0)) return 0;
  const ninth = 2 / (9 * count);
  return count * Math.max(0, 1 - ninth + DOUBT * Math.sqrt(ninth)) ** 3;
}
