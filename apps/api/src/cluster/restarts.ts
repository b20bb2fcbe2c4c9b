/** A worker that served for so long before it ended was well, in milliseconds. */
const STEADY_MS = 10_000;
/** Pause before the second attempt in a row; it doubles from one to the next. */
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 30_000;
/** So many failures in a row, with nobody who serves, mean that the next will fail as well. */
const MOST_FAILURES = 5;

/** Workers other than the one that ended. */
export interface Others {
  /** How many serve. */
  readonly healthy: number;
  /** How many may serve yet. */
  readonly starting: number;
}

/** What to do about a worker that ended: start another one so much later, or end the service. */
export type Decision =
  | { readonly kind: 'restart'; readonly failures: number; readonly pauseMs: number }
  | { readonly kind: 'give up'; readonly failures: number };

/**
 * Decides about workers that end. One that was well is replaced at once. One that never served, or
 * not for long, is a failure: the next attempt waits, twice as long each time. Workers that serve are
 * left alone whatever happens to others.
 */
export class Restarts {
  private failures = 0;
  private failedAt = -Infinity;

  /** @param now a clock in milliseconds, for tests */
  constructor(private readonly now: () => number = () => performance.now()) {}

  /** @param servedMs how long the worker served; undefined if it never did */
  after(servedMs: number | undefined, { healthy, starting }: Others): Decision {
    const now = this.now();
    // Failures that are long ago are no row.
    if (now - this.failedAt > 2 * LONGEST_PAUSE_MS) this.failures = 0;
    if (servedMs !== undefined && servedMs >= STEADY_MS) this.failures = 0;
    else {
      this.failures++;
      this.failedAt = now;
    }
    const { failures } = this;
    if (failures >= MOST_FAILURES && healthy + starting === 0) return { kind: 'give up', failures };
    const pauseMs = failures < 2 ? 0 : FIRST_PAUSE_MS * 2 ** (failures - 2);
    return { kind: 'restart', failures, pauseMs: Math.min(LONGEST_PAUSE_MS, pauseMs) };
  }
}
