/*
 * How wide a model's errors are, fitted to the out-of-bag scores that the model file keeps (see
 * the forest's intervals): |observed − predicted| / √(spread² + noise), where spread is that of
 * the trees and noise = p (1 − p) / impressions. If a prediction's error has variance
 * scale² · spread², then a score is
 *
 *   |normal| · √(1 − r + scale² · r)        r = spread² / (spread² + noise)
 *
 * The scale is the one whose scores lie below the kept quantiles as often as they should, r being
 * that of rows drawn from the leaves. What the normal law then still lacks in its tails is made up
 * by the scores themselves: an interval of some level reaches as far as held that share of them.
 *
 * Out of bag, a row is judged by 1/e of the trees. A mean of m trees errs by spread² / m beyond
 * the mean of all, which is taken off.
 */
import type { CtrModel } from '@adscale/ctr';
import { below, reachOf } from './distributions.js';

/** How far each tree's prediction is from the mean of the trees, at some rows. */
export interface TreeDeviations {
  readonly trees: number;
  /** Tree after tree, `trees * count` numbers. */
  readonly deviations: Float64Array;
}

/** @param trees how many of the trees to ask; as many as the model asks by default */
export function treeDeviations(
  { compiled }: CtrModel,
  rows: Float64Array,
  count: number,
  trees = compiled.askedTrees,
): TreeDeviations {
  const deviations = compiled.perTree(rows, count, trees);
  const sums = new Float64Array(count);
  for (let t = 0, at = 0; t < trees; t++) {
    for (let i = 0; i < count; i++, at++) sums[i] += deviations[at];
  }
  for (let t = 0, at = 0; t < trees; t++) {
    for (let i = 0; i < count; i++, at++) deviations[at] -= sums[i] / trees;
  }
  return { trees, deviations };
}

/** Rows that stand for the training rows. */
const SAMPLE_ROWS = 512;

/** Quantiles of the scores that the scale is fitted at. */
const LEVELS = [0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];

/**
 * The least scale that is believed. A smaller one says that bagging removes more of a tree's error
 * than it can; scores give one where clicks are too few for the normal law.
 */
const LEAST_SCALE = 0.6;
const MOST_SCALE = 10;

/** Reaches are kept for at most so many levels: clients may ask for any. */
export const MOST_LEVELS = 64;

export interface ErrorFit {
  /** How far one tree's spread must be stretched to be the model's error. */
  readonly scale: number;
  /** By level: reaches that were asked for, at most MOST_LEVELS. */
  readonly reaches: ReadonlyMap<number, number>;
  /** How many standard deviations either side hold what is observed `level` of the time. */
  reach(level: number): number;
}

const fits = new WeakMap<CtrModel, ErrorFit>();

/** Fitted at the first call for a model, which takes some tens of milliseconds. */
export function errorFit(model: CtrModel): ErrorFit {
  let fit = fits.get(model);
  if (fit === undefined) {
    fit = fitTo(model);
    fits.set(model, fit);
  }
  return fit;
}

function fitTo(model: CtrModel): ErrorFit {
  const { intervals, trees } = model.forest;
  const impressions = model.schema.features.findIndex(({ name }) => name === 'impressions');
  // Without scores, exposures or binomial noise there is nothing to fit to: a tree's own spread.
  if (intervals === null || intervals.noise !== 'binomial' || impressions < 0) {
    return { scale: 1, reaches: new Map(), reach: reachOf };
  }
  const { scores } = intervals;
  const scoreAt = (level: number): number => scores[Math.round(level * (scores.length - 1))];
  const shares = spreadShares(model, impressions);
  const quantiles = LEVELS.map(scoreAt);
  const wanted = LEVELS.reduce((sum, level) => sum + level, 0);
  const outOfBag = bisect(LEAST_SCALE ** 2, MOST_SCALE ** 2, (square) => {
    const within = quantiles.reduce((sum, score) => sum + shareWithin(shares, score, square), 0);
    return within > wanted;
  });
  const fewer = (Math.E - 1) / trees.length;
  const scale = Math.sqrt(Math.max(LEAST_SCALE ** 2, outOfBag - fewer));
  const reaches = new Map<number, number>();
  const reach = (level: number): number => {
    let far = reaches.get(level);
    if (far === undefined) {
      const normal = bisect(0, 100, (score) => shareWithin(shares, score, outOfBag) < level);
      far = reachOf(level) * Math.max(1, scoreAt(level) / normal);
      if (reaches.size >= MOST_LEVELS) reaches.clear();
      reaches.set(level, far);
    }
    return far;
  };
  return { scale, reaches, reach };
}

/** By sampled row: spread² / (spread² + noise). */
function spreadShares(model: CtrModel, impressions: number): number[] {
  const width = model.schema.features.length;
  const rows = model.compiled.sample(SAMPLE_ROWS);
  const { trees, deviations } = treeDeviations(model, rows, SAMPLE_ROWS);
  const squares = new Float64Array(SAMPLE_ROWS);
  deviations.forEach((deviation, at) => (squares[at % SAMPLE_ROWS] += deviation ** 2));
  const shares = Array.from(squares, (sum, i) => {
    const ctr = model.predictRow(rows.subarray(i * width, (i + 1) * width));
    const noise = (ctr * (1 - ctr)) / rows[i * width + impressions];
    const spread = sum / Math.max(1, trees - 1);
    return spread / (spread + noise);
  });
  return shares.filter((share) => share >= 0);
}

/** Share of the scores that a scale² of `square` puts below `score`. */
function shareWithin(shares: readonly number[], score: number, square: number): number {
  let within = 0;
  for (const share of shares) {
    within += 2 * below(score / Math.sqrt(1 - share + square * share)) - 1;
  }
  return within / shares.length;
}

/** The place in [low, high] up to which `isBelow` holds. */
function bisect(low: number, high: number, isBelow: (value: number) => boolean): number {
  for (let step = 0; step < 40; step++) {
    const middle = (low + high) / 2;
    if (isBelow(middle)) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
