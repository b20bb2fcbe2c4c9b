/*
 * Quantiles of a stream in constant memory, after DDSketch (Masson, Rim, Lee: "DDSketch", VLDB
 * 2019): a value v goes to bucket ceil(log_γ v), whose bounds are γ^(i-1) and γ^i.
 *
 *        LOWEST    γ·LOWEST   γ²·LOWEST                  HIGHEST
 *   0 ─────┼──────────┼──────────┼───── ··· ────────────────┼─────▶
 *   bucket 0    1          2           3 ···                  last
 *
 * Any value of a bucket is within ERROR of the value reported for it, 2γ^i / (γ + 1), so every
 * quantile is too. Buckets hold whole numbers, so merging is exact, in any order.
 */

/** Relative error of a reported quantile: 1 %. Holds from LOWEST to HIGHEST. */
export const QUANTILE_ERROR = 0.01;
/** Smallest value told apart from 0. In milliseconds: 1 µs. */
export const LOWEST = 0.001;
/** Largest value told apart from larger ones. In milliseconds: 1000 s. */
export const HIGHEST = 1_000_000;

const GAMMA = (1 + QUANTILE_ERROR) / (1 - QUANTILE_ERROR);
const LOG_GAMMA = Math.log(GAMMA);
const BUCKETS = bucketOf(HIGHEST) + 1;

/** Counted values by bucket number, ascending; buckets without values are left out. */
export type HistogramSnapshot = readonly (readonly [bucket: number, count: number])[];

/** Counts values into buckets whose width grows with the value. Counting allocates nothing. */
export class LogHistogram {
  private readonly counts = new Float64Array(BUCKETS);

  /** Counts one value. Below LOWEST counts as 0, above HIGHEST as HIGHEST, NaN not at all. */
  record(value: number): void {
    if (value === value) this.counts[bucketOf(value)]++;
  }

  /** What was counted so far; a copy that never changes. */
  snapshot(): HistogramSnapshot {
    const filled: (readonly [number, number])[] = [];
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      const count = this.counts[bucket];
      if (count > 0) filled.push(Object.freeze([bucket, count] as const));
    }
    return Object.freeze(filled);
  }
}

function bucketOf(value: number): number {
  if (value <= LOWEST) return 0;
  return Math.ceil(Math.log(Math.min(value, HIGHEST) / LOWEST) / LOG_GAMMA);
}

/** The sum of two histograms: what one histogram that saw all the values would hold. */
export function mergeHistograms(a: HistogramSnapshot, b: HistogramSnapshot): HistogramSnapshot {
  const counts = new Map(a);
  for (const [bucket, count] of b) counts.set(bucket, (counts.get(bucket) ?? 0) + count);
  const merged = [...counts].sort(([first], [second]) => first - second);
  return Object.freeze(merged.map((entry) => Object.freeze(entry)));
}

/**
 * The value that a share `q` (0 to 1) of the counted values do not exceed, by the nearest rank,
 * within QUANTILE_ERROR; 0 when nothing was counted.
 */
export function quantile(histogram: HistogramSnapshot, q: number): number {
  const total = histogram.reduce((sum, [, count]) => sum + count, 0);
  const rank = Math.max(1, Math.ceil(q * total));
  let seen = 0;
  for (const [bucket, count] of histogram) {
    seen += count;
    if (seen >= rank) return valueOf(bucket);
  }
  return 0;
}

function valueOf(bucket: number): number {
  return bucket === 0 ? 0 : (LOWEST * 2 * GAMMA ** bucket) / (GAMMA + 1);
}
