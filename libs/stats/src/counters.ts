import { LogHistogram } from './histogram.js';
import type { CacheCounts, StatsSnapshot } from './snapshot.js';

/** Counts what one service does. Counting only increments; reading gives a frozen snapshot. */
export class ServiceStats {
  private readonly startedAt: number;
  private readonly latency = new LogHistogram();
  private requests = 0;
  private predictions = 0;
  private ctrTenThousandths = 0;

  /** @param now a clock in milliseconds since 1970, for tests */
  constructor(private readonly now: () => number = Date.now) {
    this.startedAt = now();
  }

  /** Counts one request that was answered after `milliseconds`. */
  countRequest(milliseconds: number): void {
    this.requests++;
    this.latency.record(milliseconds);
  }

  /** Counts one predicted CTR (0 to 1) as it was answered: rounded to four decimals. */
  countPrediction(ctr: number): void {
    this.predictions++;
    this.ctrTenThousandths += Math.round(ctr * 10_000);
  }

  /** The counts so far, together with the figures of the cache that its owner passes in. */
  snapshot({ hits, misses, size }: CacheCounts): StatsSnapshot {
    return Object.freeze({
      startedAt: this.startedAt,
      takenAt: this.now(),
      requests: this.requests,
      predictions: this.predictions,
      ctrTenThousandths: this.ctrTenThousandths,
      latency: this.latency.snapshot(),
      cache: Object.freeze({ hits, misses, size }),
    });
  }
}
