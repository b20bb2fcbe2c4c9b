/*
 * Prediction intervals that cover as often as they say: split-conformal (Vovk et al. 2005; Lei et
 * al. 2018) with out-of-bag predictions in place of a held-out set (Johansson et al. 2014).
 *
 * For every training row with an out-of-bag prediction p the score is
 *
 *   |y − p| / σ      σ² = spread² + noise
 *
 * where spread is the standard deviation of the trees that did not see the row, and noise is
 *
 *   binomial     p (1 − p) / weight        the weight is a count and the target a rate over it
 *   plain        the mean square error     otherwise
 *
 * The interval at a new row is p ± q σ, with q the ⌈(n + 1) · level⌉-th smallest score. It is for
 * what will be observed, over an exposure of the caller's. Rows are exchangeable, so the level
 * holds on average over rows like the training rows, not for each row by itself.
 */
import { ForestError } from './errors.js';

export type NoiseKind = 'binomial' | 'plain';

/** What a forest keeps to give intervals. */
export interface IntervalModel {
  readonly noise: NoiseKind;
  /** Mean square error out of bag; the noise of kind `plain`. */
  readonly meanSquareError: number;
  /** Scores at evenly spaced ranks, ascending; ranks beyond the last are unbounded. */
  readonly scores: Float64Array;
  /** Number of rows the scores stand for. */
  readonly rows: number;
}

export interface Interval {
  readonly low: number;
  readonly high: number;
}

export interface IntervalOptions {
  /** How often the interval holds what is observed, in (0, 1). Default 0.9. */
  readonly level?: number;
  /** For rates: the count that the observed rate will be over, > 0. */
  readonly exposure?: number;
}

/** Out-of-bag mean and variance of every row, with what was observed. */
export interface OutOfBagRows {
  readonly predictions: Float64Array;
  readonly variances: Float64Array;
  readonly target: Float64Array;
  readonly weight: Float64Array | null;
}

/** More scores than this say no more: quantiles move by less than 1/4096. */
const MAX_SCORES = 4096;

/** @returns null if no row has an out-of-bag variance */
export function fitIntervals(
  { predictions, variances, target, weight }: OutOfBagRows,
  noise: NoiseKind,
): IntervalModel | null {
  const rows = Uint32Array.from(predictions.keys()).filter((row) => variances[row] >= 0);
  if (rows.length === 0) return null;
  const squares = Float64Array.from(rows, (row) => (target[row] - predictions[row]) ** 2);
  const meanSquareError = squares.reduce((sum, square) => sum + square, 0) / rows.length;
  const scores = Float64Array.from(rows, (row, i) => {
    const count = weight === null ? 1 : weight[row];
    const sigma = sigmaOf(predictions[row], variances[row], noise, meanSquareError, count);
    return squares[i] === 0 ? 0 : Math.sqrt(squares[i]) / sigma;
  }).sort();
  return { noise, meanSquareError, scores: thin(scores), rows: rows.length };
}

/** Every score, or MAX_SCORES of them at even ranks, the largest included. */
function thin(sorted: Float64Array): Float64Array {
  if (sorted.length <= MAX_SCORES) return sorted;
  const step = (sorted.length - 1) / (MAX_SCORES - 1);
  return Float64Array.from({ length: MAX_SCORES }, (_, i) => sorted[Math.round(i * step)]);
}

function sigmaOf(
  prediction: number,
  variance: number,
  noise: NoiseKind,
  meanSquareError: number,
  exposure: number,
): number {
  if (noise === 'plain') return Math.sqrt(variance + meanSquareError);
  const rate = Math.min(1, Math.max(0, prediction));
  return Math.sqrt(variance + (rate * (1 - rate)) / exposure);
}

/**
 * The interval around a prediction.
 * @param variance of the trees at the row
 * @throws ForestError OPTION_INVALID
 */
export function intervalAround(
  model: IntervalModel,
  prediction: number,
  variance: number,
  { level = 0.9, exposure }: IntervalOptions,
): Interval {
  if (!(level > 0 && level < 1)) {
    throw new ForestError('OPTION_INVALID', `level is ${level}, wanted a number > 0 and < 1`);
  }
  if (model.noise === 'binomial' && !(exposure !== undefined && exposure > 0)) {
    throw new ForestError(
      'OPTION_INVALID',
      `exposure is ${exposure}, wanted the count > 0 that the rate will be over`,
    );
  }
  const { noise, meanSquareError } = model;
  const sigma = sigmaOf(prediction, variance, noise, meanSquareError, exposure ?? 1);
  const reach = quantile(model, level) * sigma;
  const [least, most] = noise === 'binomial' ? [0, 1] : [-Infinity, Infinity];
  return { low: Math.max(least, prediction - reach), high: Math.min(most, prediction + reach) };
}

/** The conformal quantile: unbounded where there are too few rows for the level. */
function quantile({ scores, rows }: IntervalModel, level: number): number {
  const rank = Math.ceil((rows + 1) * level);
  if (rank > rows) return Infinity;
  const place = ((rank - 1) * (scores.length - 1)) / Math.max(1, rows - 1);
  return scores[Math.ceil(place)];
}
