/*
 * Calibration by weighted isotonic regression (Zadrozny & Elkan 2002): the monotone map from
 * out-of-bag prediction to observed target that loses least. Pool adjacent violators finds it in
 * one pass over the rows in order of prediction:
 *
 *   blocks   … | mean 0.02 | mean 0.05 | ← next row 0.03: pooled into the block before
 *
 * Each block becomes a point (mean prediction, mean target); between points the map is a straight
 * line, outside them it is level. So it keeps the order of predictions up to ties.
 */
import { logit, sigmoid } from '../trees/links.js';

/** Points of a monotone map: both coordinates ascend, x strictly. */
export interface IsotonicCalibration {
  readonly x: Float64Array;
  readonly y: Float64Array;
}

/** Platt's (1999) map of a chance p: 1 / (1 + exp(−(intercept + slope · logit p))). */
export interface PlattCalibration {
  readonly slope: number;
  readonly intercept: number;
}

export type Calibration = IsotonicCalibration | PlattCalibration;

/** Is a calibration Platt's? */
export function isPlatt(calibration: Calibration): calibration is PlattCalibration {
  return 'slope' in calibration;
}

/**
 * @param predictions out-of-bag predictions; rows where they are NaN are left out
 * @param target what was observed, same length
 * @param weight how much each row counts; absent: alike
 * @returns null if no row has a prediction
 */
export function fitIsotonic(
  predictions: Float64Array,
  target: Float64Array,
  weight: ArrayLike<number> | null,
): IsotonicCalibration | null {
  const told = predictions.reduce((count, p) => count + +!Number.isNaN(p), 0);
  if (told === 0) return null;
  const order = Uint32Array.from(predictions.keys())
    .filter((row) => !Number.isNaN(predictions[row]))
    .sort((a, b) => predictions[a] - predictions[b] || a - b);
  const w = new Float64Array(told);
  const x = new Float64Array(told);
  const y = new Float64Array(told);
  let blocks = 0;
  for (const row of order) {
    const count = weight === null ? 1 : weight[row];
    if (!(count > 0)) continue;
    w[blocks] = count;
    x[blocks] = predictions[row];
    y[blocks] = target[row];
    // Equal predictions are one point, though their mean may be rounded to above them; a block must not lie
    // below the one before it.
    while (blocks > 0 && (y[blocks] <= y[blocks - 1] || x[blocks] <= x[blocks - 1])) {
      pool(w, x, y, blocks);
      blocks--;
    }
    blocks++;
  }
  return { x: x.slice(0, blocks), y: y.slice(0, blocks) };
}

/** Of all weight: how much holds a calibration to what it calibrates, where nothing else does. */
const HOLD = 1e-9;
const NEWTON_STEPS = 60;

/**
 * Logistic regression of a rate on the log-odds of a prediction (Platt 1999), by Newton's method. A
 * slope below 0, which would turn the order of predictions round, becomes 0.
 * @param predictions out-of-bag predictions; rows where they are NaN are left out
 * @param target rates in [0, 1]
 * @param weight how much each row counts, not all 0; null: alike
 */
export function fitPlatt(
  predictions: Float64Array,
  target: Float64Array,
  weight: ArrayLike<number> | null,
): PlattCalibration {
  const rows = Uint32Array.from(predictions.keys()).filter(
    (row) => !Number.isNaN(predictions[row]),
  );
  const x = Float64Array.from(rows, (row) => logit(predictions[row]));
  const y = Float64Array.from(rows, (row) => target[row]);
  const w = Float64Array.from(rows, (row) => (weight === null ? 1 : weight[row]));
  const all = w.reduce((sum, value) => sum + value, 0);
  const hold = HOLD * all;
  let [intercept, slope] = [0, 1];
  let here = slopesAt(x, y, w, intercept, slope, hold);
  for (let step = 0; step < NEWTON_STEPS; step++) {
    const { loss, a, b, aa, ab, bb } = here;
    const determinant = aa * bb - ab * ab;
    let moveA = (ab * b - bb * a) / determinant;
    let moveB = (ab * a - aa * b) / determinant;
    if (!(Math.abs(moveA) + Math.abs(moveB) > 1e-12)) break;
    // A step that would lose is taken by half.
    for (let tries = 0; tries < NEWTON_STEPS; tries++, moveA /= 2, moveB /= 2) {
      here = slopesAt(x, y, w, intercept + moveA, slope + moveB, hold);
      if (here.loss <= loss) break;
    }
    if (!(here.loss <= loss)) break;
    intercept += moveA;
    slope += moveB;
  }
  if (slope >= 0) return { slope, intercept };
  const clicks = w.reduce((sum, value, i) => sum + value * y[i], 0);
  return { slope: 0, intercept: logit(clicks / all) };
}

/** The loss of a map, its gradient and its curvature. */
function slopesAt(
  x: Float64Array,
  y: Float64Array,
  w: Float64Array,
  intercept: number,
  slope: number,
  hold: number,
): Record<'loss' | 'a' | 'b' | 'aa' | 'ab' | 'bb', number> {
  let loss = (hold / 2) * (intercept ** 2 + (slope - 1) ** 2);
  let [a, b] = [hold * intercept, hold * (slope - 1)];
  let [aa, ab, bb] = [hold, 0, hold];
  for (let i = 0; i < x.length; i++) {
    const m = intercept + slope * x[i];
    const p = sigmoid(m);
    const error = w[i] * (p - y[i]);
    const h = w[i] * p * (1 - p);
    loss += w[i] * (Math.max(m, 0) + Math.log1p(Math.exp(-Math.abs(m))) - y[i] * m);
    a += error;
    b += error * x[i];
    aa += h;
    ab += h * x[i];
    bb += h * x[i] * x[i];
  }
  return { loss, a, b, aa, ab, bb };
}

/** Merges block `b` into the one before. */
function pool(w: Float64Array, x: Float64Array, y: Float64Array, b: number): void {
  const total = w[b - 1] + w[b];
  x[b - 1] = (w[b - 1] * x[b - 1] + w[b] * x[b]) / total;
  y[b - 1] = (w[b - 1] * y[b - 1] + w[b] * y[b]) / total;
  w[b - 1] = total;
}

/** The calibrated value of a prediction. */
export function calibrated(calibration: Calibration, prediction: number): number {
  if (isPlatt(calibration)) {
    return sigmoid(calibration.intercept + calibration.slope * logit(prediction));
  }
  const { x, y } = calibration;
  const last = x.length - 1;
  if (!(prediction > x[0])) return y[0];
  if (prediction >= x[last]) return y[last];
  let low = 0;
  let high = last;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (x[middle] <= prediction) low = middle;
    else high = middle;
  }
  const share = (prediction - x[low]) / (x[high] - x[low]);
  return y[low] + share * (y[high] - y[low]);
}
