/*
 * The population stability index of two distributions over bins,
 *
 *   PSI = Σ (w − r) ln(w / r)       r: reference, w: window
 *
 * the symmetrised Kullback-Leibler divergence. Of samples of n and m rows it is too large by
 * (B − 1) (1/n + 1/m) even where nothing has changed (Yurdakul & Naranjo 2020), which is taken off, and
 * its spread follows from that of the shares (delta method), so that neither few rows nor a million make
 * it "drift".
 */

/** An effect, and where it may lie. */
export interface Effect {
  readonly value: number;
  readonly lower: number;
  readonly upper: number;
}

/** Half a row in every bin: a bin that one side lacks is then no proof of anything. */
const PRIOR = 0.5;

const dot = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, value, i) => sum + value * b[i], 0);

/**
 * @param reference share of each bin, and rows that these are known from
 * @param reach standard deviations of the interval
 */
export function stability(
  [reference, n]: readonly [shares: readonly number[], rows: number],
  [window, m]: readonly [shares: readonly number[], rows: number],
  reach: number,
): Effect {
  const used = reference.map((share, b) => share > 0 || window[b] > 0);
  const bins = used.filter(Boolean).length;
  const smooth = (shares: readonly number[], rows: number): number[] =>
    shares.filter((_, b) => used[b]).map((share) => (rows * share + PRIOR) / (rows + PRIOR * bins));
  const [r, w] = [smooth(reference, n), smooth(window, m)];
  const logs = w.map((share, b) => Math.log(share / r[b]));
  const index = w.reduce((sum, share, b) => sum + (share - r[b]) * logs[b], 0);
  const byWindow = logs.map((log, b) => log + 1 - r[b] / w[b]);
  const byReference = logs.map((log, b) => -log + 1 - w[b] / r[b]);
  const spreadOf = (shares: readonly number[], slopes: readonly number[]): number =>
    dot(
      shares,
      slopes.map((slope) => slope ** 2),
    ) -
    dot(shares, slopes) ** 2;
  const bias = (bins - 1) * (1 / n + 1 / m);
  const still = (2 * bias ** 2) / Math.max(1, bins - 1);
  const variance = spreadOf(w, byWindow) / m + spreadOf(r, byReference) / n + still;
  return around(index - bias, reach * Math.sqrt(variance));
}

/** An effect that cannot be below 0. */
export function around(value: number, reach: number): Effect {
  const [lower, middle] = [value - reach, value].map((at) => Math.max(0, at));
  return { value: middle, lower, upper: Math.max(0, value + reach) };
}
