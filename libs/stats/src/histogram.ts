/*
 * A logarithmic scale, after DDSketch (Masson, Rim, Lee: "DDSketch", VLDB 2019): a value v goes to
 * bucket ceil(log_γ v/lowest), whose bounds are lowest·γ^(i-1), exclusive, and lowest·γ^i.
 *
 *        lowest     γ·lowest   γ²·lowest                  highest
 *   0 ─────┼──────────┼──────────┼───── ··· ────────────────┼─────▶
 *   bucket 0    1          2           3 ···                  last
 *
 * Any value of a bucket is within (γ - 1)/(γ + 1) of the value reported for it, so every quantile
 * is too.
 *
 * Why not @datadog/sketches-js (2.1.1), the same sketch: it gives no plain data to merge with another
 * process's, no counts up to a bound as a Prometheus histogram needs them, counts NaN as 0, and
 * makes room while it counts. It would replace `bucketOf` and `valueOf`, and nothing else here.
 */

/** Relative error of a quantile since the start: 1 %. Holds from a scale's lowest to its highest. */
export const QUANTILE_ERROR = 0.01;
/** Smallest latency told apart from 0, in milliseconds: 1 µs. */
export const LOWEST = 0.001;
/** Largest latency told apart from larger ones, in milliseconds: 1000 s. */
export const HIGHEST = 1_000_000;

const GAMMA = (1 + QUANTILE_ERROR) / (1 - QUANTILE_ERROR);

/** Divides the numbers into buckets that are the wider the larger their values are. */
export class LogScale {
  /** How many buckets there are, bucket 0 included. */
  readonly buckets: number;
  /** Relative error of the value that stands for a bucket. */
  readonly error: number;
  private readonly logGamma: number;

  /**
   * @param lowest largest value of bucket 0, which counts as 0
   * @param highest values above it count as it
   * @param gamma upper over lower bound of a bucket, above 1
   */
  constructor(
    readonly lowest: number,
    readonly highest: number,
    private readonly gamma: number = GAMMA,
  ) {
    this.logGamma = Math.log(gamma);
    this.error = (gamma - 1) / (gamma + 1);
    this.buckets = this.bucketOf(highest) + 1;
  }

  /** The bucket of a value, from 0; −1 for NaN, which has none. */
  bucketOf(value: number): number {
    if (value <= this.lowest) return 0;
    if (value !== value) return -1;
    return Math.ceil(Math.log(Math.min(value, this.highest) / this.lowest) / this.logGamma);
  }

  /** The value that stands for a bucket: 0 for bucket 0. */
  valueOf(bucket: number): number {
    return bucket === 0 ? 0 : (this.lowest * 2 * this.gamma ** bucket) / (this.gamma + 1);
  }

  /**
   * The scale whose bucket ceil(i / factor) is this one's bucket i: `factor` neighbours become one
   * ("uniform collapse" in Epicoco et al., "UDDSketch", 2020).
   */
  collapsed(factor: number): LogScale {
    return new LogScale(this.lowest, this.highest, this.gamma ** factor);
  }
}

/** Latencies since the start, in milliseconds. */
export const MILLISECONDS = new LogScale(LOWEST, HIGHEST);

/** How many buckets of `MILLISECONDS` are one of `WINDOW_MILLISECONDS`. */
export const WINDOW_COLLAPSE = 3;

/** Latencies in time windows: a third of the buckets, as 120 slots hold them and travel. */
export const WINDOW_MILLISECONDS = MILLISECONDS.collapsed(WINDOW_COLLAPSE);

/** CTRs in ten-thousandths. An answered CTR is whole in this unit, so bucket 0 is 0 alone. */
export const TEN_THOUSANDTHS = new LogScale(0.5, 10_000);

/**
 * The sum of two counts, at most 2^53 − 1. Counts are whole and not negative, so this is exactly
 * associative and commutative, where plain addition stops being so above 2^53.
 */
export function saturatingSum(a: number, b: number): number {
  return Math.min(a + b, Number.MAX_SAFE_INTEGER);
}

/**
 * Counts by key as one flat list: key, count, key, count, … Keys are whole and ascending, counts are
 * whole and above 0. In a histogram the keys are bucket numbers of a `LogScale`.
 */
export type HistogramSnapshot = readonly number[];

/** Counts values into the buckets of a scale. Counting allocates nothing. */
export class LogHistogram {
  private readonly counts: Float64Array;

  constructor(private readonly scale: LogScale = MILLISECONDS) {
    this.counts = new Float64Array(scale.buckets);
  }

  /**
   * Counts one value. A value up to the scale's lowest counts as 0, one above its highest as its
   * highest, and NaN is not counted.
   */
  record(value: number): void {
    this.recordBucket(this.scale.bucketOf(value));
  }

  /** Counts one value whose bucket is known. −1 is no bucket and is not counted. */
  recordBucket(bucket: number): void {
    if (bucket >= 0) this.counts[bucket]++;
  }

  /** What was counted so far. The copy never changes. */
  snapshot(): HistogramSnapshot {
    return Object.freeze(pairsOf(this.counts, 0, this.scale.buckets));
  }
}

/** The counts above 0 among the `length` counts from `offset` on; the key is the place after it. */
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

/** Adds two histograms: the result is what one histogram of all the values would hold. */
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
