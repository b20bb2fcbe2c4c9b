/*
 * How long one kind of work takes: times are counted in buckets, each an eighth of an octave wide.
 * What is read of them is the median. A mean would say little about the work, because a thread that
 * loses its processor meanwhile takes thousands of times as long.
 *
 * Why not Node's createHistogram: its counts cannot be read as plain data, so histograms of other
 * processes could not be merged.
 */
import { mix } from '../keys/hash.js';

const BUCKETS_PER_OCTAVE = 8;
/** The last one begins at 2^40 ns, 18 minutes. */
const BUCKETS = 40 * BUCKETS_PER_OCTAVE + 1;

/** Times counted by bucket number, ascending; buckets without times are left out. Frozen. */
export type Timing = readonly (readonly [bucket: number, count: number])[];

/** Nothing timed. */
export const emptyTiming: Timing = Object.freeze([]);

/** Counts times of one kind of work. */
export class TimingHistogram {
  private readonly counts = new Float64Array(BUCKETS);

  /** Counts a time. Less than a nanosecond counts as one. */
  add(milliseconds: number): void {
    const nanoseconds = Math.max(1, milliseconds * 1e6);
    const bucket = Math.floor(BUCKETS_PER_OCTAVE * Math.log2(nanoseconds));
    this.counts[Math.min(bucket, BUCKETS - 1)]!++;
  }

  /** The times counted so far. The copy never changes. */
  read(): Timing {
    const filled = Array.from(this.counts, (count, bucket) =>
      Object.freeze([bucket, count] as const),
    );
    return Object.freeze(filled.filter(([, count]) => count > 0));
  }
}

/** The times of both histograms together. Exactly associative and commutative. */
export function mergeTimings(a: Timing, b: Timing): Timing {
  const counts = new Map(a);
  for (const [bucket, count] of b) counts.set(bucket, (counts.get(bucket) ?? 0) + count);
  const merged = [...counts].sort(([first], [second]) => first - second);
  return Object.freeze(merged.map((entry) => Object.freeze(entry)));
}

/** How many times were counted. */
export function samplesOf(timing: Timing): number {
  return timing.reduce((sum, [, count]) => sum + count, 0);
}

/** The median in milliseconds, within 5 %; null when nothing was counted. */
export function medianMs(timing: Timing): number | null {
  const half = samplesOf(timing) / 2;
  let seen = 0;
  for (const [bucket, count] of timing) {
    seen += count;
    if (seen >= half) return 2 ** ((bucket + 0.5) / BUCKETS_PER_OCTAVE) / 1e6;
  }
  return null;
}

/** Of the misses at least one in so many is timed: what follows dwarfs the reading of a clock. */
const MOST_MISSES_PER_SAMPLE = 8;

/**
 * Chooses which lookups of a cache are timed, and holds the times. Reading the clock costs as much as
 * a lookup, so only one lookup in some hundreds is timed. Of the misses one in eight is timed, from
 * the lookup to the `set` that follows it. The gaps between samples are random, because even gaps
 * could keep step with the traffic. All models of a cache share one.
 */
export class TimeSamples {
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

  /** The number of the next lookup to be timed, counted from 1; Infinity when none is timed. */
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
