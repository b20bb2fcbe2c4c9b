import type { RecordSchema } from '@adscale/ctr';
import type { Kysely } from 'kysely';
import { type Days, outcomesOf, sums } from '../outcomes/any-age.js';
import type { DecisionRow } from '../store/decision-tables.js';
import type { Tables } from '../store/tables.js';
import { unpacked } from './content.js';
import { armsOf, entriesOf, formsOf } from './entry-forms.js';
import { type Counted, type EntryForm, RecordMatcher } from './matching.js';

/** Most rows that one statement takes: SQLite binds 32,766 values. */
const ROWS_A_STATEMENT = 500;
const CELLS_A_PAGE = 20_000;
const ARMS_A_STATEMENT = 5000;

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
    { id, schema, ...days }: OutcomesWanted,
  ): Promise<DecisionOutcomes | undefined> {
    const row = await decisionQueries.findDecision(db, id);
    if (row === undefined) return undefined;
    const content = unpacked(row);
    const entries = entriesOf(row.name, (JSON.parse(content) as { request: unknown }).request);
    const labelled = await outcomesByArm(db, armsOf(id, entries), days);
    if (labelled !== undefined) return { content, by: 'arm', entries: labelled };
    const forms = formsOf(entries, schema);
    return { content, by: 'record', entries: await outcomesByRecord(db, forms, days) };
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

export interface OutcomesWanted extends Days {
  readonly id: string;
  /** Of the model that decided. */
  readonly schema: RecordSchema;
}

/** What came of a decision's entries, and how that was found. */
export interface DecisionOutcomes {
  /** `{request, answer}` as JSON. */
  readonly content: string;
  /** `arm`: outcomes named the entries. `record`: their records are those of the entries. */
  readonly by: 'arm' | 'record';
  readonly entries: readonly Counted[];
}

async function outcomesByArm(
  db: Kysely<Tables>,
  arms: readonly string[],
  days: Days,
): Promise<Counted[] | undefined> {
  const entries = arms.map((): Counted => ({ impressions: 0, clicks: 0, spend: null }));
  const places = new Map(arms.map((arm, i) => [arm, i]));
  let found = false;
  for (let at = 0; at < arms.length; at += ARMS_A_STATEMENT) {
    const rows = await outcomesOf(db, days)
      .select('arm')
      .select(sums)
      .where('arm', 'in', arms.slice(at, at + ARMS_A_STATEMENT))
      .groupBy('arm')
      .execute();
    for (const { arm, ...counts } of rows) add(entries[places.get(arm)!], counts);
    found ||= rows.length > 0;
  }
  return found ? entries : undefined;
}

async function outcomesByRecord(
  db: Kysely<Tables>,
  forms: readonly EntryForm[],
  days: Days,
): Promise<Counted[]> {
  const entries = forms.map((): Counted => ({ impressions: 0, clicks: 0, spend: null }));
  const matcher = new RecordMatcher(forms);
  let after: string | undefined;
  while (!matcher.isEmpty) {
    let query = outcomesOf(db, days).select('cell').select(sums);
    if (after !== undefined) query = query.where('cell', '>', after);
    const rows = await query.groupBy('cell').orderBy('cell').limit(CELLS_A_PAGE).execute();
    for (const { cell, ...counts } of rows) {
      const place = matcher.placeOf(cell);
      if (place !== undefined) add(entries[place], counts);
    }
    if (rows.length < CELLS_A_PAGE) break;
    after = rows.at(-1)!.cell;
  }
  return entries;
}

function add(entry: Counted, { impressions, clicks, spend }: Counted): void {
  entry.impressions += impressions;
  entry.clicks += clicks;
  if (spend !== null) entry.spend = (entry.spend ?? 0) + spend;
}
