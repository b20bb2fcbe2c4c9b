import { type Kysely, sql } from 'kysely';
import type { Tables } from '../store/tables.js';

/** Days of outcomes, `YYYY-MM-DD`, both included. */
export interface Days {
  readonly from: string;
  readonly to: string;
}

/**
 * Outcomes of some days, young and mature ones alike, to select from. Each is in one of the two tables,
 * and a statement sees both as they are at one time: so none is counted twice while it is moved, and
 * none is missed.
 */
export function outcomesOf(db: Kysely<Tables>, { from, to }: Days) {
  const [young, mature] = (['outcomes', 'daily'] as const).map((table) =>
    db
      .selectFrom(table)
      .select(['day', 'cell', 'arm', 'impressions', 'clicks', 'spend'])
      .where('day', '>=', from)
      .where('day', '<=', to),
  );
  return db.selectFrom(young.unionAll(mature).as('counted'));
}

/** Sums of counts. PostgreSQL sums big integers to decimals, which the driver reads as numbers. */
export const sums = [
  sql<number>`sum(impressions)`.as('impressions'),
  sql<number>`sum(clicks)`.as('clicks'),
  sql<number | null>`sum(spend)`.as('spend'),
] as const;
