import type { JudgedRows } from './judged-rows.js';
import { orderOf } from './order.js';

/** One bin of a reliability curve: rows of about the same prediction. */
export interface ReliabilityBin {
  readonly rows: number;
  readonly impressions: number;
  readonly clicks: number;
  /** Mean predicted CTR by impressions. */
  readonly predicted: number;
  /** Clicks over impressions. */
  readonly observed: number;
  /** Wilson's interval around `observed`: what chance alone allows. */
  readonly low: number;
  readonly high: number;
}

/** Two-sided normal quantile of 95 %. */
const Z95 = 1.959963984540054;
const BINS = 10;

/**
 * Predicted against observed CTR in bins of about equal impressions, in order of prediction. Rows
 * of equal prediction share a bin, so there may be fewer bins than asked for.
 * @param order of the rows by prediction
 */
export function reliability(
  { predicted, observed, weight, count }: JudgedRows,
  bins = BINS,
  order = orderOf(predicted),
): ReliabilityBin[] {
  const timesOf = (row: number): number => (count === undefined ? 1 : count[row]);
  const impressionsOf = (row: number): number =>
    (weight === undefined ? 1 : weight[row]) * timesOf(row);
  const shown = Float64Array.from(predicted, (_, row) => impressionsOf(row));
  return equalBins(predicted, shown, bins, order).map((places) => {
    let [rows, impressions, clicks, expected] = [0, 0, 0, 0];
    for (const row of places) {
      const n = shown[row];
      rows += timesOf(row);
      impressions += n;
      clicks += n * observed[row];
      expected += n * predicted[row];
    }
    const ctr = { predicted: expected / impressions, observed: clicks / impressions };
    return { rows, impressions, clicks, ...ctr, ...wilson(clicks, impressions) };
  });
}

/**
 * Rows in order of prediction, cut into bins of about equal impressions; rows of equal prediction
 * share one.
 * @param order of the rows by prediction
 */
export function equalBins(
  predicted: Float64Array,
  impressions: Float64Array,
  bins = BINS,
  order = orderOf(predicted),
): Uint32Array[] {
  const total = order.reduce((sum, row) => sum + impressions[row], 0);
  const cut: Uint32Array[] = [];
  let [start, inBin, passed] = [0, 0, 0];
  order.forEach((row, i) => {
    inBin += impressions[row];
    const isLast = i === order.length - 1;
    const isFull = passed + inBin >= boundaryAfter(passed / total, bins) * total;
    if (!isLast && (!isFull || predicted[order[i + 1]] === predicted[row])) return;
    cut.push(order.subarray(start, i + 1));
    passed += inBin;
    [start, inBin] = [i + 1, 0];
  });
  return cut;
}

/** The first k / bins above a share; a row of many impressions may pass several at once. */
function boundaryAfter(share: number, bins: number): number {
  return (Math.floor(share * bins + 1e-9) + 1) / bins;
}

/** Mean distance of predicted from observed CTR over the bins, by impressions. */
export function calibrationError(curve: readonly ReliabilityBin[]): number {
  const total = curve.reduce((sum, { impressions }) => sum + impressions, 0);
  const off = curve.map((bin) => bin.impressions * Math.abs(bin.predicted - bin.observed));
  return off.reduce((sum, part) => sum + part, 0) / total;
}

/** The 95 % score interval of a binomial share (Wilson 1927). */
export function wilson(clicks: number, impressions: number): { low: number; high: number } {
  const share = clicks / impressions;
  const z2 = Z95 ** 2 / impressions;
  const centre = (share + z2 / 2) / (1 + z2);
  const reach = Math.sqrt(z2 * (share * (1 - share) + z2 / 4)) / (1 + z2);
  return { low: Math.max(0, centre - reach), high: Math.min(1, centre + reach) };
}
