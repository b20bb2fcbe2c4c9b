import normal from '@stdlib/stats-base-dists-normal';
import { within } from '../errors.js';
import type { Growth, GrowthCurve, SegmentGrowth } from './growth.js';

/** How much of what a day will have it has. */
export interface MatureShare {
  readonly share: number;
  readonly lower: number;
  readonly upper: number;
}

export interface ShareOptions {
  /** What is counted. Default `clicks`. */
  readonly of?: 'impressions' | 'clicks';
  /** Of the interval, in (0, 1). Default 0.95. */
  readonly level?: number;
}

function growthOf(growth: Growth, segment?: string | null): SegmentGrowth {
  const own = segment === undefined || segment === null ? undefined : growth.segments[segment];
  return own ?? growth.overall;
}

/**
 * The share of a day's counts that is there at some age, with an interval for a day of usual volume.
 * @param age whole days; older than any that was seen to grow, and where nothing is known yet: 1
 * @param segment as it was learned; one that is not known grows like all
 * @throws MonitorError OPTION_INVALID for a level that is none
 */
export function matureShare(
  growth: Growth,
  age: number,
  segment?: string | null,
  { of = 'clicks', level = 0.95 }: ShareOptions = {},
): MatureShare {
  return shareAt(growthOf(growth, segment)[of], age, within('level', level, [0, 1]));
}

function shareAt(curve: GrowthCurve, age: number, level: number): MatureShare {
  const at = Math.max(0, Math.floor(age));
  if (at >= curve.share.length) return { share: 1, lower: 1, upper: 1 };
  const share = curve.share[at];
  const reach = normal.quantile((1 + level) / 2, 0, 1) * curve.deviation[at];
  return { share, lower: share * Math.exp(-reach), upper: share * Math.exp(reach) };
}

/**
 * What clicks per impression at some age must be divided by to be those that will be: the share of the
 * clicks over that of the impressions.
 */
export function rateShare(growth: Growth, age: number, segment?: string | null): number {
  const { clicks, impressions } = growthOf(growth, segment);
  return shareAt(clicks, age, 0.95).share / shareAt(impressions, age, 0.95).share;
}

/** The most that a mature day's clicks may still lack or have too many of. */
const MOST_LACKING = 0.02;

/**
 * The age from which on days are mature: their clicks are within 2 % of what they will be.
 * @returns whole days; 0 where counts do not grow
 */
export function matureAge(growth: Growth, segment?: string | null): number {
  const { share } = growthOf(growth, segment).clicks;
  return share.findLastIndex((at) => Math.abs(at - 1) > MOST_LACKING) + 1;
}

/** Once days were watched for so long, what the oldest of them still do is no longer taken for growth. */
const WATCHED = 14;

/**
 * The youngest age whose growth is known: where counts were watched for a few days only and still grew at
 * the last of them, nobody knows yet what they will come to.
 * @returns whole days; 0 where nothing of the kind is seen
 */
export function knownFrom(growth: Growth, segment?: string | null): number {
  const { share } = growthOf(growth, segment).clicks;
  const watched = share.length;
  const isGrowing = watched > 0 && Math.abs(share[watched - 1] - 1) > MOST_LACKING;
  return isGrowing && watched < WATCHED ? watched + 1 : 0;
}
