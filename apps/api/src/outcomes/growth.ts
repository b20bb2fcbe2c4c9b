import { type Growth, type GrowthCurve, type GrowthRow, learnGrowth } from '@adscale/monitor';
import type { Kysely } from 'kysely';
import type { Tables } from '../store/tables.js';
import { dayOf, daysBefore } from './days.js';

/** Days that growth is learnt from: what platforms did a year ago they may do differently. */
const LEARNT_DAYS = 150;

/** How counts of days grew with their age, for `growthFrom`. */
export async function growthRows(
  db: Kysely<Tables>,
  { now }: { readonly now: number },
): Promise<GrowthRow[]> {
  const rows = await db
    .selectFrom('growth')
    .select(['day', 'segment', 'age', 'first_impressions', 'first_clicks'])
    .select(['more_impressions', 'more_clicks'])
    .where('day', '>=', daysBefore(dayOf(now), LEARNT_DAYS))
    .orderBy('day')
    .execute();
  return rows.map((row) => ({ ...row, segment: row.segment === '' ? null : row.segment }));
}

/**
 * Whether anything was told again, so that something is known of growth: what was told once may be all, or
 * may be the first of what is to come.
 */
export function isGrowthKnown({ overall }: Growth): boolean {
  const grows = ({ share, deviation }: GrowthCurve) =>
    share.some((at) => at !== 1) || deviation.some((at) => at > 0);
  return grows(overall.clicks) || grows(overall.impressions);
}

/**
 * How days grow, by what was told until yesterday: of today, deliveries are still to come. A day has by now
 * the age that it had yesterday, and what was told of it today is a day older: `CountedCell.fresh`.
 */
export function growthFrom(rows: readonly GrowthRow[], now: number): Growth {
  return learnGrowth(rows, daysBefore(dayOf(now), 1));
}
