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
 */

/** Relative error of a quantile since the start: 1 %. Holds from a scale's lowest to its highest. */
export const QUANTILE_ERROR = 0.01;
/** Smallest latency told apart from 0, in milliseconds: 1 µs. */
export const LOWEST = 0.001;
/** Largest latency told apart from larger ones, in milliseconds: 1000 s. */
export const HIGHEST = 1_000_000;

const GAMMA = (1 + QUANTILE_ERROR) / (1 - QUANTILE_ERROR);

/** Buckets that widen with the value. */
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
