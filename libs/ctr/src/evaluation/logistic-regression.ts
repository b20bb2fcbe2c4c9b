/*
 * Binomial logistic regression with a ridge, by Newton's method (iteratively reweighted least
 * squares; McCullagh and Nelder 1989). With η = Xβ, p = 1 / (1 + e^−η) and n impressions a row,
 *
 *   gradient   Xᵀ(clicks − n p) − λβ        Hessian   XᵀWX + λI,   W = n p (1 − p)
 *
 * No package at hand fits grouped counts. A step that does not raise the likelihood is halved, so
 * that separable data end at the ridge instead of at infinity.
 */
import { learnDesign, type Design } from './design-matrix.js';
import { plainColumns, type RecordColumns } from '../table/schema.js';
import { type CtrTable, exposures, takeTable } from '../table/table.js';

/** Penalty on β², in clicks: next to nothing beside real counts, enough to tie down rare columns. */
const RIDGE = 1;
const MOST_STEPS = 25;
/** Relative rise of the likelihood that is no longer worth a step. */
const TOLERANCE = 1e-9;
/** More rows than this hardly move a baseline. */
const MOST_ROWS = 50_000;

/** Fits to clicks of impressions; the result predicts CTRs in (0, 1). */
export function logisticRegression(training: CtrTable): (columns: RecordColumns) => Float64Array {
  const table = thinned(training);
  const { clicks } = table;
  const features = plainColumns(table.features);
  const impressions = exposures(table);
  const design = learnDesign(features, impressions);
  const beta = maximise(design(features), impressions, clicks);
  return (columns) => linear(design(plainColumns(columns)), beta).map(sigmoid);
}

/** At most MOST_ROWS evenly spaced rows. */
function thinned(table: CtrTable): CtrTable {
  const { rows } = table.features;
  if (rows <= MOST_ROWS) return table;
  const places = Uint32Array.from({ length: MOST_ROWS }, (_, k) =>
    Math.floor((k * rows) / MOST_ROWS),
  );
  return takeTable(table, places);
}

function maximise(x: Design, impressions: Float64Array, clicks: Float64Array): Float64Array {
  const total = impressions.reduce((sum, n) => sum + n, 0);
  const rate = (clicks.reduce((sum, k) => sum + k, 0) + 0.5) / (total + 1);
  let beta = new Float64Array(x.width);
  beta[0] = Math.log(rate / (1 - rate));
  let eta = linear(x, beta);
  let height = likelihood(eta, beta, impressions, clicks);
  for (let step = 0; step < MOST_STEPS; step++) {
    const direction = newtonStep(x, eta, beta, impressions, clicks);
    let length = 1;
    let next = beta;
    let nextHeight = -Infinity;
    for (; length > 1e-4; length /= 2) {
      next = beta.map((b, j) => b + length * direction[j]);
      eta = linear(x, next);
      nextHeight = likelihood(eta, next, impressions, clicks);
      if (nextHeight >= height) break;
    }
    if (!(nextHeight >= height)) break;
    beta = next;
    const rise = nextHeight - height;
    height = nextHeight;
    if (rise <= TOLERANCE * Math.abs(height)) break;
  }
  return beta;
}

function linear({ rows, starts, index, value }: Design, beta: Float64Array): Float64Array {
  const eta = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    for (let at = starts[row]; at < starts[row + 1]; at++) eta[row] += value[at] * beta[index[at]];
  }
  return eta;
}

function sigmoid(eta: number): number {
  return 1 / (1 + Math.exp(-eta));
}

/** Binomial log likelihood, up to a constant, less the penalty; the intercept is free. */
function likelihood(
  eta: Float64Array,
  beta: Float64Array,
  impressions: Float64Array,
  clicks: Float64Array,
): number {
  let sum = 0;
  for (let row = 0; row < eta.length; row++) {
    // log(1 + e^η) without overflow
    const softplus = Math.max(eta[row], 0) + Math.log1p(Math.exp(-Math.abs(eta[row])));
    sum += clicks[row] * eta[row] - impressions[row] * softplus;
  }
  for (let j = 1; j < beta.length; j++) sum -= (RIDGE / 2) * beta[j] ** 2;
  return sum;
}

function newtonStep(
  { rows, width, starts, index, value }: Design,
  eta: Float64Array,
  beta: Float64Array,
  impressions: Float64Array,
  clicks: Float64Array,
): Float64Array {
  const gradient = beta.map((b, j) => (j === 0 ? 0 : -RIDGE * b));
  const hessian = new Float64Array(width * width);
  // The intercept gets a trace of it, so that no column of zeros makes the matrix singular.
  for (let j = 0; j < width; j++) hessian[j * width + j] = j === 0 ? 1e-9 : RIDGE;
  for (let row = 0; row < rows; row++) {
    const p = sigmoid(eta[row]);
    const residual = clicks[row] - impressions[row] * p;
    const curvature = impressions[row] * p * (1 - p);
    for (let a = starts[row]; a < starts[row + 1]; a++) {
      const i = index[a];
      gradient[i] += residual * value[a];
      const part = curvature * value[a];
      for (let b = starts[row]; b <= a; b++) hessian[i * width + index[b]] += part * value[b];
    }
  }
  return solve(hessian, gradient, width);
}

/** Solves A x = b for a symmetric positive definite A, given by its lower half (Cholesky). */
function solve(a: Float64Array, b: Float64Array, width: number): Float64Array {
  for (let i = 0; i < width; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = a[i * width + j];
      for (let k = 0; k < j; k++) sum -= a[i * width + k] * a[j * width + k];
      a[i * width + j] =
        i === j ? Math.sqrt(Math.max(sum, Number.MIN_VALUE)) : sum / a[j * width + j];
    }
  }
  const x = b.slice();
  for (let i = 0; i < width; i++) {
    for (let k = 0; k < i; k++) x[i] -= a[i * width + k] * x[k];
    x[i] /= a[i * width + i];
  }
  for (let i = width - 1; i >= 0; i--) {
    for (let k = i + 1; k < width; k++) x[i] -= a[k * width + i] * x[k];
    x[i] /= a[i * width + i];
  }
  return x;
}
