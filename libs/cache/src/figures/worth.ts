import { mix } from '../keys/hash.js';
import { TimingHistogram } from './timing.js';

/** A miss is followed by work that dwarfs a look at the clock, so more of them are timed. */
const MOST_MISSES_PER_SAMPLE = 8;

/**
 * What a cache costs and what it saves, by a sample: reading a clock costs as much as a lookup, so one
 * lookup in some hundreds is timed, and of the misses one in eight, to the `set` that answers it.
 * Gaps between samples are random, or they could keep step with the traffic. Shared by the cells of
 * all models of a cache.
 */
export class Worth {
  readonly lookups = new TimingHistogram();
  readonly stores = new TimingHistogram();
  readonly computations = new TimingHistogram();
  private draws = 0;
  private untilMiss: number;

  /**
   * @param meanGap every so many-th lookup is timed, on average; 1 times all, 0 none
   * @param clock in milliseconds, with a fraction
   */
  constructor(
    private readonly meanGap: number,
    readonly clock: () => number,
  ) {
    this.untilMiss = this.missGap();
  }

  /** How many lookups until the next that is timed, that one included. */
  nextGap(): number {
    return this.gap(this.meanGap);
  }

  /** Whether this miss is to be timed. */
  missDue(): boolean {
    if (--this.untilMiss > 0) return false;
    this.untilMiss = this.missGap();
    return true;
  }

  private missGap(): number {
    return this.gap(Math.min(this.meanGap, MOST_MISSES_PER_SAMPLE));
  }

  /** A random whole number from 1 to 2·mean - 1; never, for a mean of 0. */
  private gap(mean: number): number {
    if (mean === 0) return Infinity;
    return 1 + Math.floor(((mix(++this.draws) >>> 0) / 2 ** 32) * (2 * mean - 1));
  }
}
