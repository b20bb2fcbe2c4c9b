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
 *   binomial     p (1 − p) (1 + (n − 1) ρ) / n     the weight n is a count, the target a rate over it;
 *                                        ρ ≥ 0 is the overdispersion, the outcomes' correlation
 *                                        within a row (Williams 1982), mostly 0
 *   plain        the mean square error     otherwise
 *
 * The interval at a new row is p ± q σ, with q the ⌈(n + 1) · level⌉-th smallest score. It is for
 * what will be observed, over an exposure of the caller's. Rows are exchangeable, so the level
 * holds on average over rows like the training rows, not for each row by itself.
 */
import type { NoiseKind } from '../data/parameters.js';
import { ForestError } from '../errors.js';
import type { JudgedRows } from './judging.js';

/** What a forest keeps in order to compute intervals. */
export interface IntervalModel {
  readonly noise: NoiseKind;
  /** Mean square error out of bag; the noise of kind `plain`. */
  readonly meanSquareError: number;
  /**
   * Scores at evenly spaced ranks, ascending; ranks beyond the last are unbounded. Infinity where
   * something was observed that the trees held for impossible.
   */
  readonly scores: Float64Array;
  /** Number of (raw) rows the scores stand for. */
  readonly rows: number;
  /** Of binomial noise: how much outcomes of one row are correlated, 0 to 1. Absent: not at all. */
  readonly overdispersion?: number;
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

/** More scores than this move quantiles by less than 1/4096. */
const MAX_SCORES = 4096;

/**
 * @param judged the score of a row that stands for many counts for as many
 * @param overdispersion of binomial noise
 * @param room where scores may be laid, as long as the rows are many; it may be their weights
 * @returns null if no row has an out-of-bag variance
 */
export function fitIntervals(
  judged: JudgedRows,
  noise: NoiseKind,
  room?: Float64Array,
  overdispersion = 0,
): IntervalModel | null {
  const { predictions, variances, target, weight, count } = judged;
  let told = 0;
  let total = 0;
  let squares = 0;
  for (let row = 0; row < target.length; row++) {
    if (!(variances[row] >= 0)) continue;
    const rows = count === null ? 1 : count[row];
    told++;
    total += rows;
    squares += rows * (target[row] - predictions[row]) ** 2;
  }
  if (told === 0) return null;
  const model = {
    noise,
    meanSquareError: squares / total,
    ...(overdispersion > 0 && { overdispersion }),
  };
  // A row's weight is read before its score, or a later one's, is laid over it.
  const scores = room?.subarray(0, told) ?? new Float64Array(told);
  const counts = count === null ? undefined : new Float64Array(told);
  for (let row = 0, i = 0; row < target.length; row++) {
    if (!(variances[row] >= 0)) continue;
    const error = Math.abs(target[row] - predictions[row]);
    const exposure = weight === null ? 1 : weight[row];
    const sigma = sigmaOf(model, predictions[row], variances[row], exposure);
    if (counts !== undefined) counts[i] = count![row];
    scores[i++] = error === 0 ? 0 : error / sigma;
  }
  return { ...model, ...thin(scores, counts) };
}

/** All scores in order, or MAX_SCORES of them at even ranks, the largest included. */
function thin(
  scores: Float64Array,
  counts: Float64Array | undefined,
): Pick<IntervalModel, 'scores' | 'rows'> {
  if (counts !== undefined) return thinCounted(scores, counts);
  const rows = scores.length;
  scores.sort();
  if (rows <= MAX_SCORES) return { scores: scores.slice(), rows };
  return { scores: Float64Array.from(evenRanks(rows), (rank) => scores[rank]), rows };
}

/** The same, each score standing for as many equal ones as it counts. */
function thinCounted(
  scores: Float64Array,
  counts: Float64Array,
): Pick<IntervalModel, 'scores' | 'rows'> {
  const order = Uint32Array.from(scores.keys()).sort((a, b) => scores[a] - scores[b]);
  const rows = counts.reduce((sum, c) => sum + c, 0);
  let place = 0;
  let end = counts[order[0]];
  const kept = Float64Array.from(evenRanks(rows), (rank) => {
    while (rank >= end) end += counts[order[++place]];
    return scores[order[place]];
  });
  return { scores: kept, rows };
}

/** Every rank of so many rows, or MAX_SCORES even ones from the first to the last. */
function evenRanks(rows: number): Float64Array {
  const length = Math.min(rows, MAX_SCORES);
  const step = (rows - 1) / Math.max(1, length - 1);
  return Float64Array.from({ length }, (_, i) => Math.round(i * step));
}

function sigmaOf(
  { noise, meanSquareError, overdispersion = 0 }: Omit<IntervalModel, 'scores' | 'rows'>,
  prediction: number,
  variance: number,
  exposure: number,
): number {
  if (noise === 'plain') return Math.sqrt(variance + meanSquareError);
  const rate = Math.min(1, Math.max(0, prediction));
  const ofOne = rate * (1 - rate);
  if (overdispersion === 0) return Math.sqrt(variance + ofOne / exposure);
  // (1 + (n − 1) ρ) / n, which is ρ where n is without end; below one outcome there is no correlation.
  const correlated = Math.max(0, 1 - 1 / exposure) * overdispersion;
  return Math.sqrt(variance + ofOne * (1 / exposure + correlated));
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
  const sigma = sigmaOf(model, prediction, variance, exposure ?? 1);
  const score = quantile(model, level);
  const reach = score === Infinity ? Infinity : score * sigma;
  const [least, most] = model.noise === 'binomial' ? [0, 1] : [-Infinity, Infinity];
  return { low: Math.max(least, prediction - reach), high: Math.min(most, prediction + reach) };
}

/** The conformal quantile: unbounded where there are too few rows for the level. */
function quantile({ scores, rows }: IntervalModel, level: number): number {
  const rank = Math.ceil((rows + 1) * level);
  if (rank > rows) return Infinity;
  const place = ((rank - 1) * (scores.length - 1)) / Math.max(1, rows - 1);
  return scores[Math.ceil(place)];
}
