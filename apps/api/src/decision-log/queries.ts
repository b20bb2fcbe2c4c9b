import type { Kysely } from 'kysely';
import type { DecisionRow } from '../store/decision-tables.js';
import type { Tables } from '../store/tables.js';
import { unpacked } from './content.js';
import { type DecisionOutcomes, type OutcomesWanted, outcomesOfEntries } from './entry-outcomes.js';
import { entriesOf } from './entry-forms.js';

/** Most rows that one statement takes: SQLite binds 32,766 values. */
const ROWS_A_STATEMENT = 500;

/** What is told of a decision in a list. */
export type ListedDecision = Omit<DecisionRow, 'content'>;

/** What the log of decisions asks the store. */
export const decisionQueries = {
  /** All of them, or none. */
  async keepDecisions(db: Kysely<Tables>, rows: readonly DecisionRow[]): Promise<void> {
    await db.transaction().execute(async (transaction) => {
      for (let at = 0; at < rows.length; at += ROWS_A_STATEMENT) {
        const some = rows.slice(at, at + ROWS_A_STATEMENT);
        await transaction.insertInto('decisions').values(some).execute();
      }
    });
  },

  /** What a decision was, but for what it was about. */
  async describeDecision(db: Kysely<Tables>, id: string): Promise<ListedDecision | undefined> {
    return db
      .selectFrom('decisions')
      .select(['id', 'name', 'at', 'model'])
      .where('id', '=', id)
      .executeTakeFirst();
  },

  /** All of a decision. */
  async findDecision(db: Kysely<Tables>, id: string): Promise<DecisionRow | undefined> {
    return db.selectFrom('decisions').selectAll().where('id', '=', id).executeTakeFirst();
  },

  /** Decisions of a time, the oldest first, that come after another in this order. */
  async listDecisions(
    db: Kysely<Tables>,
    { from, to, after, most }: DecisionPage,
  ): Promise<ListedDecision[]> {
    let query = db
      .selectFrom('decisions')
      .select(['id', 'name', 'at', 'model'])
      .where('at', '>=', from)
      .where('at', '<', to);
    if (after !== undefined) {
      query = query.where((is) =>
        is.or([
          is('at', '>', after.at),
          is.and([is('at', '=', after.at), is('id', '>', after.id)]),
        ]),
      );
    }
    return query.orderBy('at').orderBy('id').limit(most).execute();
  },

  /** A time after which at most so many decisions were taken; 0 where there are not more. */
  async excessBefore(db: Kysely<Tables>, most: number): Promise<number> {
    const first = db
      .selectFrom('decisions')
      .select('at')
      .orderBy('at', 'desc')
      .orderBy('id', 'desc');
    const beyond = await first.offset(most).limit(1).executeTakeFirst();
    return beyond === undefined ? 0 : beyond.at + 1;
  },

  /** Drops decisions that are older. @returns how many were dropped: fewer than `most` if all are */
  async pruneDecisions(
    db: Kysely<Tables>,
    { before, most }: { readonly before: number; readonly most: number },
  ): Promise<number> {
    const old = db.selectFrom('decisions').select('id').where('at', '<', before).limit(most);
    const { numDeletedRows } = await db
      .deleteFrom('decisions')
      .where('id', 'in', old)
      .executeTakeFirst();
    return Number(numDeletedRows);
  },

  /**
   * What came of a decision's entries: outcomes whose arm names them, or if there are none those whose
   * record matches.
   * @returns undefined if there is no such decision any more
   */
  async outcomesOfDecision(
    db: Kysely<Tables>,
    wanted: OutcomesWanted,
  ): Promise<DecisionOutcomes | undefined> {
    const row = await decisionQueries.findDecision(db, wanted.id);
    if (row === undefined) return undefined;
    const content = unpacked(row);
    const { request } = JSON.parse(content) as { request: unknown };
    return { content, ...(await outcomesOfEntries(db, entriesOf(row.name, request), wanted)) };
  },
};

export type DecisionQueries = typeof decisionQueries;

export interface DecisionPage {
  /** Milliseconds since 1970; the end is not included. */
  readonly from: number;
  readonly to: number;
  readonly after?: { readonly at: number; readonly id: string } | undefined;
  readonly most: number;
}
