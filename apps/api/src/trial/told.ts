import { type Growth, matureShare } from '@adscale/monitor';
import { ageAt } from '../outcomes/days.js';

/** Clicks of so young days may be on their way, if nobody knows better. */
const YOUNG_DAYS = 2;
/** What is learnt of an age is used if its interval is no wider than this factor. */
const WIDEST = 1.1;
const IMPRESSIONS = { of: 'impressions' } as const;

/**
 * What share of the clicks of a day is told by now: as restatements have shown. Where they have shown
 * nothing yet, or nothing sure, that of young days is 0: their level says nothing.
 */
export function toldShare(growth: Growth, day: string, now: number): number {
  const age = ageAt(day, now);
  if (growth.overall.clicks.share.length === 0) return age < YOUNG_DAYS ? 0 : 1;
  // Whether deliveries of today have come is not known: the share is that of today, or of yesterday.
  const ages = [Math.max(0, age - 1), age];
  const [before, since] = ages.map((at) => matureShare(growth, at));
  const lower = Math.min(before.lower, since.lower);
  const upper = Math.max(before.upper, since.upper);
  if (upper > WIDEST * lower) return 0;
  // Impressions that are not told yet are not expected to bring clicks either.
  const rates = ages.map(
    (at) => matureShare(growth, at).share / matureShare(growth, at, null, IMPRESSIONS).share,
  );
  return (rates[0] + rates[1]) / 2;
}
