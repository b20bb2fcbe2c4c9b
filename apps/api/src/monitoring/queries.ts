import type { Kysely } from 'kysely';
import type { Tables } from '../store/tables.js';
import { outcomeMarks } from './marks.js';

/** What watching asks the store. */
export const monitoringQueries = {
  outcomeMarks: (db: Kysely<Tables>, _args: null) => outcomeMarks(db),

  /** Keeps a report, as JSON, for the other processes. */
  async keepReport(
    db: Kysely<Tables>,
    { name, made }: { readonly name: string; readonly made: string },
  ): Promise<void> {
    await db
      .insertInto('reports')
      .values({ name, made })
      .onConflict((conflict) => conflict.column('name').doUpdateSet({ made }))
      .execute();
  },

  /** The report of this name; null if none is kept. */
  async keptReport(
    db: Kysely<Tables>,
    { name }: { readonly name: string },
  ): Promise<string | null> {
    const kept = db.selectFrom('reports').select('made').where('name', '=', name);
    return (await kept.executeTakeFirst())?.made ?? null;
  },
};

export type MonitoringQueries = typeof monitoringQueries;
