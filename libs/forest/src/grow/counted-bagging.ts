/*
 * The bag of a tree whose rows are counted: row i stands for c[i] equal raw rows.
 *
 * What a tree needs of the raw rows' bag is, for every counted row, how many draws fell on its raw
 * rows, and how many of them were never drawn. Both are drawn as such, so the cost follows the
 * counted rows and not their counts, and the bag has the raw bag's distribution:
 *
 *   with replacement     draws are multinomial over c: one conditional binomial a row (Davis 1993).
 *                        Of the k draws on c raw rows, those never drawn are the empty boxes of
 *                        the classical occupancy problem: thrown one by one up to THROWN draws.
 *                        Beyond that their number is a sum of independent trials (Vatutin and
 *                        Mikhailov 1982), for which stands the normal law or, where few boxes are
 *                        hit twice, a binomial one, with the problem's own mean and variance:
 *                        within 0.7 % of total variation
 *   without              draws are hypergeometric: each raw row is taken with the wanted chance,
 *                        which is a binomial a row, and what is taken too much or too little,
 *                        about a square root of it, is drawn in the same way again. All subsets
 *                        of a size stay alike throughout, so the result is exact
 */
import { drawsOf, type Bag, type BagRules } from './bagging.js';
import { drawBinomial } from './binomial.js';
import { Kernels } from '../kernels/kernels.js';
import type { Random } from '../random.js';

/** Up to so many draws on one counted row are thrown one by one. */
const THROWN = 64;
/** A lattice law of this variance is a rounded normal one. */
const NORMAL_FROM = 6;

/** A bag of counted rows, reused from tree to tree. */
export class CountedBag implements Bag {
  readonly rawRows: number;

  /** @param count by position: raw rows that it stands for, whole and ≥ 1 */
  constructor(
    readonly count: Float64Array,
    private readonly kernels = new Kernels(),
  ) {
    kernels.call.bindBag(count.length, true);
    this.rawRows = count.reduce((sum, c) => sum + c, 0);
  }

  get drawn(): Float64Array {
    return this.kernels.at(Float64Array, this.kernels.call.drawn, this.count.length);
  }

  get missed(): Float64Array {
    return this.kernels.at(Float64Array, this.kernels.call.missed, this.count.length);
  }

  draw(rules: BagRules, random: Random): void {
    const { count, drawn, missed, rawRows } = this;
    const draws = drawsOf(rawRows, rules);
    if (rules.bootstrap) drawWith(count, rawRows, draws, drawn, missed, random);
    else {
      drawWithout(count, rawRows, draws, drawn, random);
      for (let i = 0; i < count.length; i++) missed[i] = count[i] - drawn[i];
    }
  }
}

function drawWith(
  count: Float64Array,
  rawRows: number,
  draws: number,
  drawn: Float64Array,
  missed: Float64Array,
  random: Random,
): void {
  let restDraws = draws;
  let restRows = rawRows;
  for (let i = 0; i < count.length; i++) {
    const c = count[i];
    const k = drawBinomial(random, restDraws, c, restRows);
    restDraws -= k;
    restRows -= c;
    drawn[i] = k;
    missed[i] = c - drawDistinct(random, k, c);
  }
}

/** How many of `c` boxes are hit by `k` throws. */
function drawDistinct(random: Random, k: number, c: number): number {
  if (k < 2 || c === 1) return Math.min(k, 1);
  if (k <= THROWN) {
    let hit = 1;
    for (let i = 1; i < k; i++) hit += +(random.unit() * c >= hit);
    return hit;
  }
  const logEmpty = k * Math.log1p(-1 / c);
  const mean = -c * Math.expm1(logEmpty);
  const variance = hitVariance(k, c, Math.exp(logEmpty));
  if (variance >= NORMAL_FROM) {
    const hit = Math.round(mean + Math.sqrt(variance) * random.normal());
    return Math.min(k, c, Math.max(1, hit));
  }
  const again = k - mean;
  const trials = Math.min(2 ** 53, Math.max(1, Math.round(again ** 2 / (again - variance))));
  return Math.min(c, Math.max(1, k - drawBinomial(random, trials, again, trials)));
}

/** Variance of the boxes hit; `empty` is the chance that a given box is not. */
function hitVariance(k: number, c: number, empty: number): number {
  const bothEmpty = Math.exp(k * Math.log1p(-2 / c));
  // c² (bothEmpty − empty²), without its cancellation.
  const pairs = (c * empty) ** 2 * Math.expm1(k * Math.log1p(-1 / (c - 1) ** 2));
  return pairs + c * (empty - bothEmpty);
}

/**
 * Takes `wanted` of the things of which there are `there[i]` of kind i, every subset of that size
 * with the same chance.
 * @param all the sum of `there`
 * @param taken by kind, overwritten
 */
function drawWithout(
  there: Float64Array,
  all: number,
  wanted: number,
  taken: Float64Array,
  random: Random,
): void {
  let sum = 0;
  for (let i = 0; i < there.length; i++) {
    taken[i] = drawBinomial(random, there[i], wanted, all);
    sum += taken[i];
  }
  if (sum === wanted) return;
  const more = new Float64Array(there.length);
  if (sum > wanted) {
    drawWithout(taken, sum, sum - wanted, more, random);
    for (let i = 0; i < there.length; i++) taken[i] -= more[i];
  } else {
    const left = there.map((n, i) => n - taken[i]);
    drawWithout(left, all - sum, wanted - sum, more, random);
    for (let i = 0; i < there.length; i++) taken[i] += more[i];
  }
}
