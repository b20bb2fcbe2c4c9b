import { logTooFew, logTooMany } from './e-values.js';
import { BUCKETS, type DayTally } from './tally.js';

/** Sums over days, of which each segment's expectation is given the clicks of the day. */
export class Sums {
  readonly clicks: Float64Array;
  /** By segment: clicks expected by the canary and the current model, given those of each day. */
  readonly canary: Float64Array;
  readonly current: Float64Array;
  impressions = 0;
  allClicks = 0;
  /** By bucket: the loss that the canary has above the current model, in nats, and clicks. */
  readonly excess = new Float64Array(BUCKETS);
  readonly bucketClicks = new Float64Array(BUCKETS);
  /** By bucket: clicks beyond those expected. */
  private readonly canaryMiss = new Float64Array(BUCKETS);
  private readonly currentMiss = new Float64Array(BUCKETS);

  constructor(days: readonly DayTally[], segmentCount: number) {
    this.clicks = new Float64Array(segmentCount + 1);
    this.canary = new Float64Array(segmentCount + 1);
    this.current = new Float64Array(segmentCount + 1);
    for (const day of days) if (day.allClicks > 0) this.add(day);
  }

  private add(day: DayTally): void {
    const byCanary = day.allClicks / day.allCanary;
    const byCurrent = day.allClicks / day.allCurrent;
    for (let s = 0; s < this.clicks.length; s++) {
      this.clicks[s] += day.clicks[s];
      this.canary[s] += day.canary[s] * byCanary;
      this.current[s] += day.current[s] * byCurrent;
    }
    const level = Math.log(day.allCanary / day.allCurrent);
    for (let b = 0; b < BUCKETS; b++) {
      const clicks = day.bucketClicks[b];
      this.bucketClicks[b] += clicks;
      this.excess[b] += day.bucketExcess[b] + clicks * level;
      this.canaryMiss[b] += clicks - day.bucketCanary[b] * byCanary;
      this.currentMiss[b] += clicks - day.bucketCurrent[b] * byCurrent;
    }
    this.impressions += day.impressions;
    this.allClicks += day.allClicks;
  }

  /**
   * Variance of clicks over that of chance, from how buckets scatter around the model that fits
   * better; at least 1. Records are the clusters (McCullagh and Nelder 1989, 4.5): a day's outcomes
   * of one record may miss alike.
   */
  dispersion(): number {
    const scatter = (misses: Float64Array) => misses.reduce((sum, miss) => sum + miss * miss, 0);
    const least = Math.min(scatter(this.canaryMiss), scatter(this.currentMiss));
    return this.allClicks === 0 ? 1 : Math.max(1, least / this.allClicks);
  }
}

/** Clicks, and how many of them each model expects. */
export interface Compared {
  readonly clicks: number;
  readonly canary: number;
  readonly current: number;
}

/** How far clicks are from what both models expect of them. */
export interface Miss {
  readonly logE: number;
  /** Whether that can be held against the canary: the current model says otherwise, and is nearer. */
  readonly counts: boolean;
}

/**
 * Evidence that clicks miss what the canary expects by more than `tolerance`. It counts only where
 * the models differ and the clicks are nearer to the current one: what both get wrong is no reason to
 * go back.
 */
export function missOf(
  { clicks, canary, current }: Compared,
  dispersion: number,
  tolerance: number,
): Miss {
  if (canary <= 0 || current <= 0) return { logE: 0, counts: false };
  const few = logTooFew(clicks / dispersion, (canary * (1 - tolerance)) / dispersion);
  const many = logTooMany(clicks / dispersion, (canary * (1 + tolerance)) / dispersion);
  // Half of alpha for each side.
  const logE = Math.max(few, many) - Math.LN2;
  const difference = Math.log(canary / current);
  // Deviance of a Poisson law: how much better the current model explains the clicks.
  const isNearer = canary - current - clicks * difference > 0;
  return { logE, counts: Math.abs(difference) > tolerance / 2 && isNearer };
}
