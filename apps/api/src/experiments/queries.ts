import { type Kysely, sql } from 'kysely';
import { type Days, outcomesOf, sums } from '../outcomes/any-age.js';
import type { ExperimentRow } from '../store/experiment-tables.js';
import type { Tables } from '../store/tables.js';

/** What was counted of an arm, as outcomes name it. */
export interface ArmCounts {
  readonly arm: string;
  readonly impressions: number;
  readonly clicks: number;
}

/** What was counted of an arm on a day. */
export interface ArmDayCounts extends ArmCounts {
  readonly day: string;
}

/** Most arms told that an experiment does not have. */
const MOST_UNKNOWN = 20;

/** What experiments ask the store. */
export const experimentQueries = {
  async keepExperiment(db: Kysely<Tables>, row: ExperimentRow): Promise<void> {
    await db.insertInto('experiments').values(row).execute();
  },

  async findExperiment(db: Kysely<Tables>, id: string): Promise<ExperimentRow | undefined> {
    return db.selectFrom('experiments').selectAll().where('id', '=', id).executeTakeFirst();
  },

  /** The newest first. @param after the last of the page before */
  async listExperiments(
    db: Kysely<Tables>,
    { finished, after, most }: ExperimentPage,
  ): Promise<ExperimentRow[]> {
    let query = db.selectFrom('experiments').selectAll();
    if (finished !== undefined) {
      query = query.where('finished_at', finished ? 'is not' : 'is', null);
    }
    if (after !== undefined) {
      query = query.where((is) =>
        is.or([
          is('created_at', '<', after.created_at),
          is.and([is('created_at', '=', after.created_at), is('id', '<', after.id)]),
        ]),
      );
    }
    return query.orderBy('created_at', 'desc').orderBy('id', 'desc').limit(most).execute();
  },

  /** @returns the experiment as it is then, with whether this ended it; undefined if there is none */
  async finishExperiment(
    db: Kysely<Tables>,
    {
      id,
      at,
      winner,
    }: { readonly id: string; readonly at: number; readonly winner: string | null },
  ): Promise<{ readonly ended: boolean; readonly row: ExperimentRow } | undefined> {
    const { numUpdatedRows } = await db
      .updateTable('experiments')
      .set({ finished_at: at, winner })
      .where('id', '=', id)
      .where('finished_at', 'is', null)
      .executeTakeFirst();
    const row = await experimentQueries.findExperiment(db, id);
    return row && { ended: numUpdatedRows > 0n, row };
  },

  /** Outcomes of arms by day, as outcomes name the arms. */
  async outcomesOfArms(
    db: Kysely<Tables>,
    { arms, ...days }: Days & { readonly arms: readonly string[] },
  ): Promise<ArmDayCounts[]> {
    return outcomesOf(db, days)
      .select(['arm', 'day'])
      .select(sums)
      .where('arm', 'in', arms)
      .groupBy(['arm', 'day'])
      .execute();
  },

  /** Outcomes that name the experiment and none of these arms of it, the most impressions first, up to 20. */
  async outcomesOfUnknownArms(
    db: Kysely<Tables>,
    { id, arms, ...days }: Days & { readonly id: string; readonly arms: readonly string[] },
  ): Promise<ArmCounts[]> {
    const prefix = `${id}/`;
    return outcomesOf(db, days)
      .select('arm')
      .select(sums)
      .where(sql<boolean>`substr(arm, 1, ${prefix.length}) = ${prefix}`)
      .where('arm', 'not in', arms)
      .groupBy('arm')
      .orderBy('impressions', 'desc')
      .orderBy('arm')
      .limit(MOST_UNKNOWN)
      .execute();
  },
};

export type ExperimentQueries = typeof experimentQueries;

export interface ExperimentPage {
  readonly finished?: boolean | undefined;
  readonly after?: { readonly created_at: number; readonly id: string } | undefined;
  readonly most: number;
}
