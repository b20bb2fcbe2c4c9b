import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { DailyRow } from '../store/outcome-tables.js';
import type { Tables } from '../store/tables.js';

/** Where a page ended: the next one begins behind it. */
export interface CellPlace {
  readonly day: string;
  readonly cell_id: string;
}

export interface CellsWanted {
  /** First and last day, `YYYY-MM-DD`. */
  readonly from: string;
  readonly to: string;
  readonly after?: CellPlace;
  /** Most cells of a page. */
  readonly limit: number;
  /** What counts until this moment or later is `fresh`: milliseconds since 1970. Default: nothing is. */
  readonly since?: number;
}

/** A counted cell. */
export interface CountedCell extends DailyRow {
  /** Impressions of figures that count until `CellsWanted.since` or later. */
  readonly fresh: number;
}

export interface CellPage {
  readonly cells: readonly CountedCell[];
  /** Where to go on; undefined at the end. */
  readonly next: CellPlace | undefined;
}

/**
 * Counted outcomes by day and cell, in an order that stays, a page of them. An outcome is in one page
 * exactly, also when days are summed meanwhile: of a cell, a transaction moves all that it moves, and a
 * page has all of a cell.
 */
export async function countedCells(db: Kysely<Tables>, wanted: CellsWanted): Promise<CellPage> {
  const { limit, since = Number.MAX_SAFE_INTEGER } = wanted;
  const { rows: places } = await placesOf(wanted).execute(db);
  const next = places.length === limit ? places[limit - 1] : undefined;
  if (places.length === 0) return { cells: [], next };
  const where = sql`${within(wanted)} and (day, cell_id) <= (${places.at(-1)!.day}, ${places.at(-1)!.cell_id})`;
  const cell = sql.raw('day, cell_id, model, cell, unseen, campaign, placement, arm');
  const { rows: cells } = await sql<CountedCell>`
    select ${cell}, sum(rows) as rows, sum(impressions) as impressions, sum(clicks) as clicks,
      sum(spend) as spend, sum(predicted) as predicted, sum(fresh) as fresh
    from (
      select ${cell}, 1 as rows, impressions, clicks, spend, ctr * impressions as predicted,
        case when until >= ${sql.lit(since)} then impressions else 0 end as fresh
      from outcomes where ${where}
      union all
      select ${cell}, rows, impressions, clicks, spend, predicted, 0 as fresh from daily where ${where}
    ) as counted
    group by ${cell} order by day, cell_id`.execute(db);
  return { cells, next };
}

/** The places of a page's cells: found first, so that no more than the page is summed. */
function placesOf(wanted: CellsWanted): RawBuilder<CellPlace> {
  const { limit } = wanted;
  const placesIn = (table: 'outcomes' | 'daily') => sql`
    select * from (
      select distinct day, cell_id from ${sql.table(table)} where ${within(wanted)}
      order by day, cell_id limit ${sql.lit(limit)}
    ) as ${sql.raw(`of_${table}`)}`;
  return sql<CellPlace>`
    select day, cell_id from (${placesIn('outcomes')} union ${placesIn('daily')}) as places
    order by day, cell_id limit ${sql.lit(limit)}`;
}

function within({ from, to, after }: CellsWanted): RawBuilder<boolean> {
  const days = sql<boolean>`day between ${from} and ${to}`;
  if (after === undefined) return days;
  return sql<boolean>`${days} and (day, cell_id) > (${after.day}, ${after.cell_id})`;
}
