/*
 * Forests judged by rows that their members did not see: intervals, and calibration. A fit judges itself
 * out of the bag; whoever puts forests together, or judges by folds of its own, brings predictions.
 */
import { calibrated, fitIsotonic, fitPlatt, type Calibration } from './judge/calibration.js';
import { checkColumns } from './data/columns.js';
import { ForestError } from './errors.js';
import { fullWeight, type FitInput } from './data/fit-input.js';
import { fitIntervals } from './judge/intervals.js';
import { judge, ownShare, type OutOfBagResult } from './judge/judging.js';
import type { Forest } from './model/forest.js';
import type { NoiseKind } from './data/parameters.js';
import { isBag } from './trees/parts.js';

/** A forest, and how well it predicts rows that its members did not see. */
export interface Judged {
  readonly forest: Forest;
  readonly outOfBag: OutOfBagResult;
}

/** What intervals take the noise to be. */
export interface JudgedOptions {
  /** Default: that of the forest's parameters. */
  readonly noise?: NoiseKind;
  /**
   * ρ of binomial noise, 0 to 1: how much outcomes of one row are correlated. The variance of a rate
   * over n is p (1 − p) (1 + (n − 1) ρ) / n. Default 0.
   */
  readonly overdispersion?: number;
}

/** Rows whose draws are asked for at a time. */
const BLOCK = 4096;

/**
 * Judges a forest by predictions of its training rows that are not its own: by members that did not see
 * them, or by forests like it that did not.
 * @param input the rows, as the forest sees them
 * @param predictions by row; NaN where there is none. They are of the forest before any calibration:
 *   if it is calibrated, that is applied to them.
 * @returns the forest with intervals, and what they are made of: the variance at a row is that of up to
 *   200 draws of the forest there
 * @throws ForestError COLUMNS_INVALID, OPTION_INVALID, NO_INTERVALS if no row has a prediction
 */
export function judged(
  forest: Forest,
  input: FitInput,
  predictions: ArrayLike<number>,
  options: JudgedOptions = {},
): Judged {
  const { columns, target, weight = null, count = null } = input;
  const { noise = forest.parameters.noise, overdispersion = 0 } = options;
  if (!(overdispersion >= 0 && overdispersion <= 1)) {
    const detail = `overdispersion is ${overdispersion}, wanted a number from 0 to 1`;
    throw new ForestError('OPTION_INVALID', detail);
  }
  const { rows } = checkColumns(columns);
  for (const [name, values] of Object.entries({ predictions, target, weight, count })) {
    if (values === null || values.length === rows) continue;
    const detail = `${name} has ${values.length} rows, wanted ${rows}`;
    throw new ForestError('COLUMNS_INVALID', detail);
  }
  const { calibration } = forest;
  const told = Float64Array.from(predictions, (p) =>
    p === p && calibration !== null ? calibrated(calibration, p) : p,
  );
  const variances = drawVariances(forest, input, told);
  const rated = { predictions: told, variances, target, weight, count };
  const intervals = fitIntervals(rated, noise, undefined, overdispersion);
  if (intervals === null) {
    throw new ForestError('NO_INTERVALS', 'no row has a prediction, wanted one that is a number');
  }
  return {
    forest: forest.with({ intervals }),
    outOfBag: { predictions: told, variances, ...judge(rated, shareOf(forest)) },
  };
}

/** Variance of the forest's draws at each row; NaN where there is no prediction. */
function drawVariances(
  forest: Forest,
  { columns: { rows, values } }: FitInput,
  predictions: Float64Array,
): Float64Array {
  // A table would be made of all cells, and rows fall into few of them.
  const compiled = forest.compile({ maxTableCells: 0 });
  const variances = new Float64Array(rows).fill(NaN);
  const width = values.length;
  for (let from = 0; from < rows; from += BLOCK) {
    const count = Math.min(BLOCK, rows - from);
    const block = new Float64Array(count * width);
    values.forEach((column, f) => {
      for (let i = 0; i < count; i++) block[i * width + f] = column[from + i];
    });
    const draws = compiled.perTree(block, count);
    for (let i = 0; i < count; i++) {
      if (predictions[from + i] === predictions[from + i]) {
        variances[from + i] = varianceAt(draws, i, count);
      }
    }
  }
  return variances;
}

/** The (population) variance of every `step`-th number from `at` on. */
function varianceAt(numbers: Float64Array, at: number, step: number): number {
  const count = numbers.length / step;
  let sum = 0;
  for (let i = at; i < numbers.length; i += step) sum += numbers[i];
  const mean = sum / count;
  let squares = 0;
  for (let i = at; i < numbers.length; i += step) squares += (numbers[i] - mean) ** 2;
  return squares / count;
}

function shareOf({ parts, parameters }: Forest): number {
  return isBag(parts) ? ownShare(parameters) : 0;
}

/**
 * Calibrates a forest by its out-of-bag (or out-of-fold) predictions. Metrics, intervals and predictions
 * of the result are those after calibration.
 * @param input what the forest was fitted to
 * @param method isotonic: weighted isotonic regression of the target (Zadrozny and Elkan 2002); platt:
 *   logistic regression of a target in [0, 1] on the log-odds of the prediction (Platt 1999), which has
 *   two numbers to learn and suits few events
 * @throws ForestError NO_INTERVALS if no row was out of bag; COLUMNS_INVALID if rows that were weigh
 *   nothing, and with platt if a target is no rate; OPTION_INVALID
 */
export function calibrate<Result extends Judged>(
  input: Pick<FitInput, 'target' | 'weight' | 'count'>,
  result: Result,
  method: 'isotonic' | 'platt' = 'isotonic',
): Result {
  const { target, weight = null, count = null } = input;
  const { forest, outOfBag } = result;
  const calibration = learn(input, outOfBag.predictions, method);
  const predictions = outOfBag.predictions.map((p) => (p === p ? calibrated(calibration, p) : p));
  const { variances } = outOfBag;
  const { noise = forest.parameters.noise, overdispersion } = forest.intervals ?? {};
  const rated = { predictions, variances, target, weight, count };
  const intervals = fitIntervals(rated, noise, undefined, overdispersion);
  return {
    ...result,
    forest: forest.with({ calibration, intervals }),
    outOfBag: { predictions, variances, ...judge(rated, shareOf(forest)) },
  };
}

function learn(
  input: Pick<FitInput, 'target' | 'weight' | 'count'>,
  predictions: Float64Array,
  method: 'isotonic' | 'platt',
): Calibration {
  const { target } = input;
  const weight = fullWeight(input) ?? null;
  if (method !== 'isotonic' && method !== 'platt') {
    throw new ForestError(
      'OPTION_INVALID',
      `method is ${method as string}, wanted isotonic or platt`,
    );
  }
  if (!predictions.some((p) => p === p)) {
    throw new ForestError('NO_INTERVALS', 'no row was out of bag; fit with bootstrap');
  }
  if (weight !== null && !predictions.some((p, row) => p === p && weight[row] > 0)) {
    const detail = 'every weight of a row out of bag is 0, wanted some above';
    throw new ForestError('COLUMNS_INVALID', detail);
  }
  if (method === 'isotonic') return fitIsotonic(predictions, target, weight)!;
  const row = target.findIndex((rate) => !(rate >= 0 && rate <= 1));
  if (row >= 0) {
    const detail = `target of row ${row} is ${target[row]}, wanted a rate from 0 to 1 for platt`;
    throw new ForestError('COLUMNS_INVALID', detail);
  }
  return fitPlatt(predictions, target, weight);
}
