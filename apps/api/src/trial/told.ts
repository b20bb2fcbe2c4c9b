import { type Growth, matureShare } from '@adscale/monitor';
import { ageAt } from '../outcomes/days.js';

/** Clicks of so young days may be on their way, if nobody knows better. */
const YOUNG_DAYS = 2;
/** What is learnt of an age is used if its interval is no wider than this factor. */
const WIDEST = 1.1;

/**
 * What share of the clicks of a day is told by now: as restatements have shown. Where they have shown
 * nothing yet, or nothing sure, that of young days is 0: their level says nothing.
 */
export function toldShare(growth: Growth, day: string, now: number): number {
  const age = ageAt(day, now);
  if (growth.overall.clicks.share.length === 0) return age < YOUNG_DAYS ? 0 : 1;
  const { share, lower, upper } = matureShare(growth, age);
  if (upper > WIDEST * lower) return 0;
  // Impressions that are not told yet are not expected to bring clicks either.
  return share / matureShare(growth, age, null, { of: 'impressions' }).share;
}
