import { type Kysely, sql } from 'kysely';
import type { Tables } from '../store/tables.js';
import type { TrialState } from './state.js';

/** The place of the one trial that is not over; those that are have their own id there. */
const OPEN = 'open';

/** A trial as it is kept: `revision` grows with every change. */
export interface KeptTrial {
  readonly revision: number;
  readonly state: TrialState;
}

interface TrialText {
  readonly revision: number;
  readonly state: string;
}

const kept = ({ revision, state }: TrialText): KeptTrial => {
  return { revision, state: JSON.parse(state) as TrialState };
};

/** The trial that is not over, if there is one. */
async function openTrial(db: Kysely<Tables>): Promise<KeptTrial | undefined> {
  const query = db.selectFrom('trials').select(['revision', 'state']).where('slot', '=', OPEN);
  const row = await query.executeTakeFirst();
  return row && kept(row);
}

/** One trial, open or over. */
async function trial(
  db: Kysely<Tables>,
  { id }: { readonly id: string },
): Promise<KeptTrial | undefined> {
  const query = db.selectFrom('trials').select(['revision', 'state']).where('id', '=', id);
  const row = await query.executeTakeFirst();
  return row && kept(row);
}

/** The latest trial of a version. */
async function latestTrial(
  db: Kysely<Tables>,
  { version }: { readonly version: string },
): Promise<KeptTrial | undefined> {
  const row = await db
    .selectFrom('trials')
    .select(['revision', 'state'])
    .where('version', '=', version)
    .orderBy('begun_at', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row && kept(row);
}

/** A version that was on trial, and when its latest trial began. */
export interface TriedVersion {
  readonly version: string;
  /** Milliseconds of the epoch. */
  readonly begun_at: number;
  readonly is_over: boolean;
}

/** Versions that were on trial, the latest first. */
async function triedVersions(
  db: Kysely<Tables>,
  { most }: { readonly most: number },
): Promise<TriedVersion[]> {
  const { fn } = db;
  const rows = await db
    .selectFrom('trials')
    .select(['version', fn.max<number | string>('begun_at').as('begun_at')])
    // The open one is the latest of its version.
    .select(sql<number | string>`max(case when slot = ${OPEN} then 1 else 0 end)`.as('open'))
    .groupBy('version')
    .orderBy('begun_at', 'desc')
    .limit(most)
    .execute();
  return rows.map(({ version, begun_at, open }) => {
    return { version, begun_at: Number(begun_at), is_over: Number(open) === 0 };
  });
}

/** A change of a trial: it is made if nobody has changed it since it was read. */
export interface TrialChange {
  /** Revision that was read; 0 for one that is new. */
  readonly revision: number;
  readonly state: TrialState;
  readonly isOver: boolean;
}

/**
 * Makes changes, all or none: none if any of the trials was changed since, or if another one is open.
 * @returns whether they were made
 */
async function saveTrials(
  db: Kysely<Tables>,
  { changes }: { readonly changes: readonly TrialChange[] },
): Promise<boolean> {
  try {
    await db.transaction().execute(async (transaction) => {
      for (const change of changes) {
        if (!(await saveTrial(transaction, change))) throw new Outdated();
      }
    });
    return true;
  } catch (error) {
    if (error instanceof Outdated) return false;
    throw error;
  }
}

class Outdated extends Error {}

async function saveTrial(
  db: Kysely<Tables>,
  { revision, state, isOver }: TrialChange,
): Promise<boolean> {
  const slot = isOver ? state.id : OPEN;
  const { id, version, begun_at } = state;
  const row = { slot, revision: revision + 1, state: JSON.stringify(state) };
  if (revision > 0) {
    const changed = await db
      .updateTable('trials')
      .set(row)
      .where('id', '=', id)
      .where('revision', '=', revision)
      .executeTakeFirst();
    return changed.numUpdatedRows === 1n;
  }
  const inserted = await db
    .insertInto('trials')
    .values({ ...row, id, version, begun_at, lease_owner: '', lease_until: 0 })
    .onConflict((conflict) => conflict.column('slot').doNothing())
    .executeTakeFirst();
  return inserted.numInsertedOrUpdatedRows === 1n;
}

/** Who looks after a trial, until when. */
export interface LeaseWanted {
  readonly id: string;
  readonly owner: string;
  readonly now: number;
  readonly until: number;
}

/** Takes or keeps the lease of a trial. @returns whether it is the owner's now */
async function claimTrial(
  db: Kysely<Tables>,
  { id, owner, now, until }: LeaseWanted,
): Promise<boolean> {
  const claimed = await db
    .updateTable('trials')
    .set({ lease_owner: owner, lease_until: until })
    .where('id', '=', id)
    .where((where) => where.or([where('lease_owner', '=', owner), where('lease_until', '<=', now)]))
    .executeTakeFirst();
  return claimed.numUpdatedRows === 1n;
}

/** Takes the lease of a trial, whoever has it. */
async function seizeTrial(
  db: Kysely<Tables>,
  { id, owner, until }: Omit<LeaseWanted, 'now'>,
): Promise<void> {
  await db
    .updateTable('trials')
    .set({ lease_owner: owner, lease_until: until })
    .where('id', '=', id)
    .execute();
}

/** Requests of one process by arm, in one step of a trial, so far. */
export interface AnswerCounts {
  readonly tried: number;
  readonly tried_failed: number;
  readonly tried_slow: number;
  readonly current: number;
  readonly current_failed: number;
  readonly current_slow: number;
}

/** Keeps what a process has counted, instead of what it had counted before. */
async function keepAnswers(
  db: Kysely<Tables>,
  row: AnswerCounts & {
    readonly trial: string;
    readonly percent: number;
    readonly process: string;
  },
): Promise<void> {
  await db
    .insertInto('trial_answers')
    .values(row)
    .onConflict((conflict) => conflict.columns(['trial', 'percent', 'process']).doUpdateSet(row))
    .execute();
}

/** What all processes have counted, by the percentage that the canary had. */
async function trialAnswers(
  db: Kysely<Tables>,
  { trial }: { readonly trial: string },
): Promise<(AnswerCounts & { readonly percent: number })[]> {
  const { fn } = db;
  return db
    .selectFrom('trial_answers')
    .select([
      'percent',
      fn.sum<number>('tried').as('tried'),
      fn.sum<number>('tried_failed').as('tried_failed'),
      fn.sum<number>('tried_slow').as('tried_slow'),
      fn.sum<number>('current').as('current'),
      fn.sum<number>('current_failed').as('current_failed'),
      fn.sum<number>('current_slow').as('current_slow'),
    ])
    .where('trial', '=', trial)
    .groupBy('percent')
    .orderBy('percent')
    .execute();
}

/** A day of outcomes, and a text that is another one when its outcomes are. */
export interface DayMark {
  readonly day: string;
  readonly mark: string;
  readonly clicks: number;
}

/** The days from one on that have outcomes. */
async function markedDays(
  db: Kysely<Tables>,
  { from }: { readonly from: string },
): Promise<DayMark[]> {
  const { rows } = await sql<{
    readonly day: string;
    readonly outcomes: number;
    readonly impressions: number;
    readonly clicks: number;
  }>`select day, sum(outcomes) as outcomes, sum(impressions) as impressions, sum(clicks) as clicks
    from (
      select day, count(*) as outcomes, sum(impressions) as impressions, sum(clicks) as clicks
      from outcomes where day >= ${from} group by day
      union all
      select day, sum(rows), sum(impressions), sum(clicks) from daily where day >= ${from} group by day
    ) as days
    group by day order by day`.execute(db);
  return rows.map(({ day, outcomes, impressions, clicks }) => {
    return { day, mark: `${outcomes} ${impressions} ${clicks}`, clicks };
  });
}

/** What trials ask the store. */
export const trialQueries = {
  openTrial,
  trial,
  latestTrial,
  triedVersions,
  saveTrials,
  claimTrial,
  seizeTrial,
  keepAnswers,
  trialAnswers,
  markedDays,
};

export type TrialQueries = typeof trialQueries;
