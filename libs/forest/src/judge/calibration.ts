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

/** Points of a monotone map: both coordinates ascend, x strictly. */
export interface Calibration {
  readonly x: Float64Array;
  readonly y: Float64Array;
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
): Calibration | null {
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
    // Equal predictions are one point; a block must not lie below the one before it.
    while (blocks > 0 && (y[blocks] <= y[blocks - 1] || x[blocks] === x[blocks - 1])) {
      pool(w, x, y, blocks);
      blocks--;
    }
    blocks++;
  }
  return { x: x.slice(0, blocks), y: y.slice(0, blocks) };
}

/** Merges block `b` into the one before. */
function pool(w: Float64Array, x: Float64Array, y: Float64Array, b: number): void {
  const total = w[b - 1] + w[b];
  x[b - 1] = (w[b - 1] * x[b - 1] + w[b] * x[b]) / total;
  y[b - 1] = (w[b - 1] * y[b - 1] + w[b] * y[b]) / total;
  w[b - 1] = total;
}

/** The calibrated value of a prediction. */
export function calibrated({ x, y }: Calibration, prediction: number): number {
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
