import { type Kysely, sql } from 'kysely';
import type { Tables } from '../store/tables.js';

/** What the store holds, counted. */
export interface OutcomeCounts {
  /** Outcomes of days that are open. */
  readonly open: number;
  /** Of those, the ones that were told again: with other figures, or on a later day. */
  readonly restated: number;
  /** Outcomes of days that are closed, and the cells that they were summed to. */
  readonly closed: number;
  readonly cells: number;
  readonly impressions: number;
  readonly clicks: number;
  /** Clicks that the models expected. */
  readonly predicted: number;
  /** First and last day; null while there is none. */
  readonly first: string | null;
  readonly last: string | null;
}

type Counted = Record<
  'entries' | 'restated' | 'outcomes' | 'impressions' | 'clicks' | 'predicted',
  number
> & {
  readonly first: string | null;
  readonly last: string | null;
};

const SUMS = sql.raw(
  `coalesce(sum(impressions), 0) as impressions, coalesce(sum(clicks), 0) as clicks,
   min(day) as first, max(day) as last, count(*) as entries`,
);

/** Counts what is kept. */
export async function outcomeSummary(db: Kysely<Tables>): Promise<OutcomeCounts> {
  const young = await one(
    db,
    sql<Counted>`
    select ${SUMS}, count(*) as outcomes, coalesce(sum(ctr * impressions), 0) as predicted,
      coalesce(sum(case when revision > 1 then 1 else 0 end), 0) as restated from outcomes`,
  );
  const mature = await one(
    db,
    sql<Counted>`
    select ${SUMS}, coalesce(sum(rows), 0) as outcomes, coalesce(sum(predicted), 0) as predicted,
      0 as restated from daily`,
  );
  const days = [young.first, mature.first, young.last, mature.last].filter((day) => day !== null);
  days.sort();
  return {
    open: young.outcomes,
    restated: young.restated,
    closed: mature.outcomes,
    cells: mature.entries,
    impressions: young.impressions + mature.impressions,
    clicks: young.clicks + mature.clicks,
    predicted: young.predicted + mature.predicted,
    first: days.at(0) ?? null,
    last: days.at(-1) ?? null,
  };
}

async function one<T>(db: Kysely<Tables>, query: ReturnType<typeof sql<T>>): Promise<T> {
  return (await query.execute(db)).rows[0];
}
