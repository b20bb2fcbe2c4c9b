/*
 * Rows differ by more than binomial chance: the same placement does better on one day than on
 * another for reasons that no column holds. If a row's own CTR varies around the prediction p with
 * variance ρ p (1 − p), clicks are beta-binomial, impressions of one row correlate by ρ, and the
 * observed CTR y over n impressions has
 *
 *   Var(y) = p (1 − p) (1 + (n − 1) ρ) / n        ρ = 0: binomial; n → ∞: ρ p (1 − p), never less
 *
 * ρ is what makes Pearson's squares r² = (y − p)² n / (p (1 − p)) what they should be on average,
 * rows weighted by how much they tell of it (Kleinman 1973; Williams 1982; as pseudo-likelihood,
 * Davidian & Carroll 1987):
 *
 *   Σ w (r² / v − 1) = 0,   v = 1 + (n − 1) ρ,   w = (n − 1) / v
 *
 * A row of few impressions tells in proportion to them; beyond 1 / ρ impressions a row tells no more
 * than another, so that one of half of all impressions cannot decide. Of several solutions the
 * largest is taken: near 0 a single great row may have the whole weight.
 * The interval holds the ρ around it for which the sum is no further from 0 than its own spread
 * allows, the rows' (or groups') own squares telling the spread (the generalised score test, Boos
 * 1992).
 *
 * Beware: p is the model's own prediction. What the model misses looks the same as what rows have of
 * their own, so ρ holds both, and a ceiling that allows for it is one that the model has nearly
 * reached whatever it is worth. It is the least that a ceiling may be, and the binomial one the most.
 */
import { orderOf } from './order.js';
import type { JudgedRows } from './judged-rows.js';

/** How much more observed CTRs differ from predictions than binomial chance lets them. */
export interface Overdispersion {
  /** Intra-row correlation ρ, in [0, 1]. Holds what the model misses, too. */
  readonly rho: number;
  /**
   * 95 % interval of ρ; from 0 where binomial chance alone may explain the rows. A little narrow where
   * few rows differ by much, since what they have of their own is then far from normal.
   */
  readonly interval: readonly [low: number, high: number];
  /** Mean of (y − p)² n / (p (1 − p)): 1 where chance is binomial. */
  readonly dispersion: number;
  /** Rows of two impressions or more: others say nothing of it. */
  readonly rows: number;
  /** The same of rows of about equal impressions, from the smallest: ρ alike says that rows differ so. */
  readonly by_size: readonly SizeOverdispersion[];
  /**
   * R² that a model of these predictions would score if all of ρ were the rows' own, each row's by
   * `rhoBySize`; null where that is far below what was reached.
   */
  readonly noise_ceiling: number | null;
  /** The same, rows counting by their impressions. */
  readonly weighted_noise_ceiling: number | null;
}

/** Of the rows of so many impressions. */
export interface SizeOverdispersion extends Pick<
  Overdispersion,
  'rho' | 'interval' | 'dispersion' | 'rows'
> {
  /** Fewest and most impressions of a row. */
  readonly from: number;
  readonly to: number;
  /** Whether they are shown to have another ρ than all rows, at 1 %: there are five sizes. */
  readonly unlike: boolean;
}

/** A ceiling that ρ lowers by less than this is the binomial one as far as anybody cares. */
const NOTICEABLE = 0.01;

/**
 * The overdispersion of an evaluation if it is worth telling: rows differ by more than binomial chance
 * explains, and the ceiling by impressions is lower by a hundredth or more for it.
 */
export function noticeableOverdispersion({
  overdispersion,
  weighted_noise_ceiling_estimate: binomial,
}: {
  readonly overdispersion?: Overdispersion | null;
  readonly weighted_noise_ceiling_estimate: number | null;
}): Overdispersion | undefined {
  if (!overdispersion || !(overdispersion.interval[0] > 0)) return undefined;
  const { weighted_noise_ceiling: least } = overdispersion;
  const known = binomial !== null && least !== null;
  return known && binomial - least < NOTICEABLE ? undefined : overdispersion;
}

/** Fewer rows say nothing of their spread. */
const LEAST_ROWS = 20;
/** More rows are looked at evenly spaced: ρ is known well enough by then. */
const MOST_ROWS = 100_000;
const SIZES = 5;
/** Two-sided normal quantile of 95 %. */
const Z95 = 1.959963984540054;
const Z99 = 2.5758293035489004;
/** The least ρ above 0 that is told. */
const LEAST_RHO = 1e-9;

/**
 * Estimates the beta-binomial intra-row correlation of clicks around given predictions.
 * @returns null where fewer than 20 rows have two impressions, as in a click log
 */
export function overdispersionOf(rows: JudgedRows): Overdispersion | null {
  const { weight, predicted } = rows;
  if (weight === undefined) return null;
  const telling = evenly(
    Uint32Array.from(weight.keys()).filter((i) => weight[i] >= 2 && predicted[i] < 1),
  );
  if (telling.length < LEAST_ROWS) return null;
  const whole = spreadOf(rows, telling);
  const all = estimate(whole);
  const by_size = sizesOf(weight, telling).map((places) => {
    const spread = spreadOf(rows, places);
    return {
      from: weight[places[0]],
      to: weight[places[places.length - 1]],
      ...estimate(spread),
      unlike: Math.abs(score(spread, all.rho)) > Z99,
    };
  });
  const told = { ...all, by_size };
  return { ...told, ...ceilingsWith(rows, rhoBySize(told)) };
}

/**
 * The ρ of a row by its impressions: that of all rows, but for sizes of row that are shown to have
 * another. In real data small rows often differ more than large ones.
 */
export function rhoBySize({
  rho,
  by_size: sizes,
}: Pick<Overdispersion, 'rho' | 'by_size'>): (impressions: number) => number {
  const ends = sizes.map(({ to }) => to);
  const own = sizes.map((size) => (size.unlike ? size.rho : rho));
  if (own.every((each) => each === rho)) return () => rho;
  return (impressions) => {
    const at = ends.findIndex((end) => impressions <= end);
    return own[at < 0 ? own.length - 1 : at];
  };
}

function evenly(rows: Uint32Array): Uint32Array {
  if (rows.length <= MOST_ROWS) return rows;
  return Uint32Array.from(
    { length: MOST_ROWS },
    (_, k) => rows[Math.floor((k * rows.length) / MOST_ROWS)],
  );
}

/** Rows in about equal parts from the fewest impressions to the most, equal ones together. */
function sizesOf(weight: Float64Array, rows: Uint32Array): Uint32Array[] {
  const sorted = orderOf(Float64Array.from(rows, (row) => weight[row])).map((at) => rows[at]);
  const parts = Math.min(SIZES, Math.floor(sorted.length / LEAST_ROWS));
  const sizes: Uint32Array[] = [];
  let start = 0;
  for (let part = 1; part <= parts; part++) {
    let end = Math.max(start, Math.round((part * sorted.length) / parts));
    while (end > 0 && end < sorted.length && weight[sorted[end]] === weight[sorted[end - 1]]) end++;
    if (end - start >= LEAST_ROWS) {
      sizes.push(sorted.subarray(start, end));
      start = end;
    }
  }
  return sizes;
}

/** Pearson's squares of rows, their impressions less one, and whom they belong to. */
interface Spread {
  readonly squares: Float64Array;
  readonly others: Float64Array;
  /** Numbers from 0; absent: each row by itself. */
  readonly groups?: { readonly of: Uint32Array; readonly count: number };
}

function spreadOf({ observed, predicted, weight, groups }: JudgedRows, rows: Uint32Array): Spread {
  const squares = new Float64Array(rows.length);
  const others = new Float64Array(rows.length);
  rows.forEach((row, i) => {
    const [p, n] = [predicted[row], weight![row]];
    squares[i] = ((observed[row] - p) ** 2 * n) / (p * (1 - p));
    others[i] = n - 1;
  });
  if (groups === undefined) return { squares, others };
  const numbers = new Map<number, number>();
  const of = Uint32Array.from(rows, (row) => {
    const number = numbers.get(groups[row]) ?? numbers.size;
    numbers.set(groups[row], number);
    return number;
  });
  return { squares, others, groups: { of, count: numbers.size } };
}

function estimate(
  spread: Spread,
): Pick<Overdispersion, 'rho' | 'interval' | 'dispersion' | 'rows'> {
  const { squares } = spread;
  const rows = squares.length;
  const rho = solve(spread);
  return {
    rho,
    interval: intervalAround(spread, rho),
    dispersion: squares.reduce((sum, square) => sum + square, 0) / rows,
    rows,
  };
}

/** The largest ρ at which rows differ as much as it says, 0 if there is none. */
function solve(spread: Spread): number {
  let rho = 1;
  while (rho > LEAST_RHO && !(score(spread, rho) > 0)) rho /= STEP;
  if (rho === 1) return 1;
  return rho > LEAST_RHO ? between(spread, rho, rho * STEP, 0) : 0;
}

/** Steps by which ρ and the ends of its interval are looked for. */
const STEP = 1.25;

/**
 * The nearest ρ below the estimate at which the excess is more than Z95 of its standard deviations,
 * and the nearest above at which it is less than −Z95. Nearest, because far below the estimate one
 * great row may be all of the excess and of its deviation.
 */
function intervalAround(spread: Spread, rho: number): [low: number, high: number] {
  let low = rho;
  while (low > LEAST_RHO && score(spread, low) <= Z95) low /= STEP;
  if (low <= LEAST_RHO) low = score(spread, 0) > Z95 ? LEAST_RHO : 0;
  let high = Math.max(rho, LEAST_RHO);
  while (high < 1 && score(spread, high) >= -Z95) high *= STEP;
  return [
    low > LEAST_RHO ? between(spread, low, low * STEP, Z95) : low,
    high < 1 ? between(spread, high / STEP, high, -Z95) : 1,
  ];
}

/** Where between two ρ the score is z: it is higher at the first and lower at the second. */
function between(spread: Spread, first: number, second: number, z: number): number {
  let [low, high] = [first, second];
  for (let step = 0; step < 20; step++) {
    const middle = (low + high) / 2;
    if (score(spread, middle) > z) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** The weighted excess over its standard deviation, as the rows or the groups tell it. */
function score({ squares, others, groups }: Spread, rho: number): number {
  const sums = groups && new Float64Array(groups.count);
  let [excess, variance] = [0, 0];
  for (let i = 0; i < squares.length; i++) {
    const times = 1 / (1 + others[i] * rho);
    const part = others[i] * times * (squares[i] * times - 1);
    excess += part;
    if (sums === undefined) variance += part * part;
    else sums[groups!.of[i]] += part;
  }
  if (sums !== undefined) variance = sums.reduce((sum, part) => sum + part * part, 0);
  return variance > 0 ? excess / Math.sqrt(variance) : 0;
}

/** A ceiling may lie a little below what was reached: both carry chance. */
const LEAST_SHARE = 0.9;

/** 1 − Σ Var(y) / Σ (y − ȳ)², rows alike and by impressions. */
function ceilingsWith(
  { observed, predicted, weight }: JudgedRows,
  rhoOf: (impressions: number) => number,
): Pick<Overdispersion, 'noise_ceiling' | 'weighted_noise_ceiling'> {
  const ceiling = (countOf: (row: number) => number): number | null => {
    let [all, total] = [0, 0];
    for (let i = 0; i < observed.length; i++) {
      all += countOf(i);
      total += countOf(i) * observed[i];
    }
    let [noise, left, variation] = [0, 0, 0];
    for (let i = 0; i < observed.length; i++) {
      const [p, n] = [predicted[i], weight![i]];
      noise += (countOf(i) * (p * (1 - p) * (1 + (n - 1) * rhoOf(n)))) / n;
      left += countOf(i) * (observed[i] - p) ** 2;
      variation += countOf(i) * (observed[i] - total / all) ** 2;
    }
    const told = 1 - noise / variation;
    return told > 0 && told > LEAST_SHARE * (1 - left / variation) ? told : null;
  };
  return {
    noise_ceiling: ceiling(() => 1),
    weighted_noise_ceiling: ceiling((row) => weight![row]),
  };
}
