import { logBeyond } from './e-values.js';
import { BUCKETS, type DayTally } from './tally.js';

/** Sums over days, of which each segment's expectation is given the clicks of the day. */
export class Sums {
  readonly clicks: Float64Array;
  /** By segment: clicks expected by the canary and the current model, given those of each day. */
  readonly canary: Float64Array;
  readonly current: Float64Array;
  impressions = 0;
  allClicks = 0;
  /** Log loss that the canary has above the current model, both at the level of each day, in nats. */
  excess = 0;
  /** Its variance by chance, given the clicks of each day. */
  excessVariance = 0;
  private readonly bucketClicks = new Float64Array(BUCKETS);
  /** By bucket: clicks that both models expect in the mean, given those of each day. */
  private readonly bucketExpected = new Float64Array(BUCKETS);
  private readonly days: readonly DayTally[];

  constructor(days: readonly DayTally[], segmentCount: number) {
    this.clicks = new Float64Array(segmentCount + 1);
    this.canary = new Float64Array(segmentCount + 1);
    this.current = new Float64Array(segmentCount + 1);
    this.days = days.filter(({ allClicks }) => allClicks > 0);
    for (const day of this.days) this.add(day);
  }

  private add(day: DayTally): void {
    const byCanary = day.allClicks / day.allCanary;
    const byCurrent = day.allClicks / day.allCurrent;
    for (let s = 0; s < this.clicks.length; s++) {
      this.clicks[s] += day.clicks[s];
      this.canary[s] += day.canary[s] * byCanary;
      this.current[s] += day.current[s] * byCurrent;
    }
    this.excess += day.excess + day.allClicks * Math.log(day.allCanary / day.allCurrent);
    // The level is the same for all clicks of the day, so it adds nothing.
    this.excessVariance += Math.max(0, day.squares - day.excess ** 2 / day.allClicks);
    for (let b = 0; b < BUCKETS; b++) {
      this.bucketClicks[b] += day.bucketClicks[b];
      this.bucketExpected[b] += expectedIn(day, b);
    }
    this.impressions += day.impressions;
    this.allClicks += day.allClicks;
  }

  /**
   * Variance of clicks over that of chance, at least 1 (McCullagh and Nelder 1989, 4.5): of how the
   * clicks of the same records come and go between days, which no error of a model explains. On a
   * single day there is only the scatter around the models, which is more.
   */
  dispersion(): number {
    let [scatter, chance] = [0, 0];
    for (const day of this.days) {
      for (let b = 0; b < BUCKETS; b++) {
        if (this.bucketExpected[b] === 0) continue;
        const isAlone = this.days.length === 1;
        const part = expectedIn(day, b) / this.bucketExpected[b];
        const expected = isAlone ? this.bucketExpected[b] : part * this.bucketClicks[b];
        scatter += (day.bucketClicks[b] - expected) ** 2;
        chance += isAlone ? expected : expected * (1 - part);
      }
    }
    return chance === 0 ? 1 : Math.max(1, scatter / chance);
  }
}

/** Clicks of a bucket that both models expect in the mean, given those of the day. */
function expectedIn(day: DayTally, bucket: number): number {
  const parts =
    day.bucketCanary[bucket] / day.allCanary + day.bucketCurrent[bucket] / day.allCurrent;
  return (day.allClicks * parts) / 2;
}

/** Clicks, and how many of them each model expects. */
export interface Compared {
  readonly clicks: number;
  readonly canary: number;
  readonly current: number;
}

/** How far clicks are beyond what a canary may miss. */
export interface Miss {
  /** Logarithm of an e-value against the canary; never above 0 where it is not to blame. */
  readonly logE: number;
  /** By how much the models differ beyond the tolerance, as a logarithm; 0 where they agree. */
  readonly differ: number;
}

/**
 * Evidence that clicks miss what the canary expects by more than `tolerance`, towards what the
 * current model expects. Where both say the same there is none, and what both get wrong is no reason
 * to go back: the clicks must be nearer to the current model.
 */
export function missOf(
  { clicks, canary, current }: Compared,
  dispersion: number,
  tolerance: number,
): Miss {
  if (canary <= 0 || current <= 0) return { logE: 0, differ: 0 };
  const bound = canary * (current < canary ? 1 - tolerance : 1 + tolerance);
  const differ = current < canary ? Math.log(bound / current) : Math.log(current / bound);
  if (differ <= 0) return { logE: 0, differ: 0 };
  const logE = logBeyond(clicks / dispersion, bound / dispersion, current / dispersion);
  // Deviance of a Poisson law: how much better the current model explains the clicks.
  const isNearer = canary - current - clicks * Math.log(canary / current) > 0;
  return { logE: isNearer ? logE : Math.min(0, logE), differ };
}
