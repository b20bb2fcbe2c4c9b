import { type LogScale, MILLISECONDS } from './scale.js';
import { saturatingSum } from './whole.js';

/**
 * Whole numbers by whole keys, flat: key, count, key, count, … with keys ascending and counts above
 * 0. In a histogram the keys are bucket numbers of a `LogScale`.
 */
export type HistogramSnapshot = readonly number[];

/** Counts values into the buckets of a scale. Counting allocates nothing. */
export class LogHistogram {
  private readonly counts: Float64Array;

  constructor(private readonly scale: LogScale = MILLISECONDS) {
    this.counts = new Float64Array(scale.buckets);
  }

  /**
   * Counts one value. What the scale's lowest covers counts as 0, above its highest as its highest,
   * NaN not at all.
   */
  record(value: number): void {
    this.recordBucket(this.scale.bucketOf(value));
  }

  /** Counts one value of a bucket that is already known; −1 is no bucket and not counted. */
  recordBucket(bucket: number): void {
    if (bucket >= 0) this.counts[bucket]++;
  }

  /** What was counted so far; a copy that never changes. */
  snapshot(): HistogramSnapshot {
    return Object.freeze(pairsOf(this.counts, 0, this.scale.buckets));
  }
}

/** The counts above 0 among `length` ones from `offset`, by their place after `offset`. */
export function pairsOf(
  counts: Float64Array | Uint32Array,
  offset: number,
  length: number,
): number[] {
  const pairs: number[] = [];
  for (let key = 0; key < length; key++) {
    const count = counts[offset + key];
    if (count > 0) pairs.push(key, saturatingSum(count, 0));
  }
  return pairs;
}

/** The sum of two histograms: what one histogram that saw all the values would hold. */
export function mergeHistograms(a: HistogramSnapshot, b: HistogramSnapshot): HistogramSnapshot {
  const merged: number[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length && j < b.length) {
    if (a[i] < b[j]) merged.push(a[i++], a[i++]);
    else if (a[i] > b[j]) merged.push(b[j++], b[j++]);
    else {
      merged.push(a[i], saturatingSum(a[i + 1], b[j + 1]));
      i += 2;
      j += 2;
    }
  }
  while (i < a.length) merged.push(a[i++]);
  while (j < b.length) merged.push(b[j++]);
  return Object.freeze(merged);
}

/** How many values were counted. */
export function histogramCount(histogram: HistogramSnapshot): number {
  return countUpTo(histogram, Infinity);
}

/** How many values were counted in the buckets up to `last`, inclusive. */
export function countUpTo(histogram: HistogramSnapshot, last: number): number {
  let count = 0;
  for (let i = 0; i < histogram.length && histogram[i] <= last; i += 2) {
    count = saturatingSum(count, histogram[i + 1]);
  }
  return count;
}

/**
 * The value that a share `q` (0 to 1) of the counted values do not exceed, by the nearest rank,
 * within the error of the scale they were counted with; 0 when nothing was counted.
 */
export function quantile(
  histogram: HistogramSnapshot,
  q: number,
  scale: LogScale = MILLISECONDS,
): number {
  const rank = Math.max(1, Math.ceil(Math.min(q, 1) * histogramCount(histogram)));
  let seen = 0;
  for (let i = 0; i < histogram.length; i += 2) {
    seen += histogram[i + 1];
    if (seen >= rank) return scale.valueOf(histogram[i]);
  }
  return 0;
}
