import type { Kysely, Selectable, Transaction } from 'kysely';
import type { AlertTable, DeliveryTable } from '../store/alert-tables.js';
import type { Tables } from '../store/tables.js';
import type { Alert, Evaluation } from './alert.js';
import { messageOf } from './message.js';
import { step } from './step.js';

/** A message that this process is to send. */
export interface ClaimedDelivery {
  readonly id: string;
  readonly body: string;
  /** Tries, this one included. */
  readonly attempts: number;
  readonly madeAt: number;
}

/** How the messages to the webhook are, all processes together. */
export interface DeliveryState {
  readonly waiting: number;
  readonly abandoned: number;
  /** Why the latest one was not taken that waits or was given up; null if there is none. */
  readonly lastReason: string | null;
}

/** How long resolved alerts and settled messages are kept. */
const KEPT_MS = 400 * 86_400_000;
const MOST_LISTED = 100;

/** What alerts ask the store. */
export const alertQueries = {
  /**
   * Takes all alerts a report further, and writes the messages that tell of it, all or nothing.
   * Processes that do so at once with the same report open one alert a cause.
   */
  async evaluateAlerts(
    db: Kysely<Tables>,
    { evaluation, isTold }: { readonly evaluation: Evaluation; readonly isTold: boolean },
  ): Promise<{ readonly opened: Alert[]; readonly resolved: Alert[] }> {
    return db.transaction().execute(async (transaction) => {
      const rows = await firing(transaction).execute();
      const { opened, changed } = step(rows.map(alertOf), evaluation);
      const news = { opened: [] as Alert[], resolved: [] as Alert[] };
      for (const alert of opened) if (await insert(transaction, alert)) news.opened.push(alert);
      for (const alert of changed) {
        const isKept = await update(transaction, alert);
        if (isKept && alert.state === 'resolved') news.resolved.push(alert);
      }
      if (isTold) await tell(transaction, [...news.opened, ...news.resolved], evaluation.at);
      await forget(transaction, evaluation.at - KEPT_MS);
      return news;
    });
  },

  /** Alerts that are firing, the newest first, then those that ended since, the last first; 100 at most. */
  async listAlerts(
    db: Kysely<Tables>,
    { since }: { readonly since: number },
  ): Promise<readonly Alert[]> {
    const current = await firing(db).orderBy('started_at', 'desc').limit(MOST_LISTED).execute();
    const ended = await db
      .selectFrom('alerts')
      .selectAll()
      .where('state', '=', 'resolved')
      .where('resolved_at', '>=', since)
      .orderBy('resolved_at', 'desc')
      .limit(MOST_LISTED)
      .execute();
    return [...current, ...ended].slice(0, MOST_LISTED).map(alertOf);
  },

  /**
   * The message that waits longest, if one is due; no other process is given it for `holdMs`, within
   * which it is to be settled.
   */
  async claimDelivery(
    db: Kysely<Tables>,
    { now, holdMs }: { readonly now: number; readonly holdMs: number },
  ): Promise<ClaimedDelivery | null> {
    for (;;) {
      const due = await db
        .selectFrom('alert_deliveries')
        .selectAll()
        .where('state', '=', 'waiting')
        .where('next_at', '<=', now)
        .orderBy('next_at')
        .orderBy('id')
        .limit(1)
        .executeTakeFirst();
      if (due === undefined) return null;
      const attempts = due.attempts + 1;
      const { numUpdatedRows } = await db
        .updateTable('alert_deliveries')
        .set({ attempts, next_at: now + holdMs })
        .where('id', '=', due.id)
        // Unless another process was faster.
        .where('attempts', '=', due.attempts)
        .where('state', '=', 'waiting')
        .executeTakeFirst();
      if (numUpdatedRows > 0n) return { id: due.id, body: due.body, attempts, madeAt: due.made_at };
    }
  },

  /** Says what became of a message: `at` is when, or, of one that goes on waiting, until when. */
  async settleDelivery(
    db: Kysely<Tables>,
    said: { readonly id: string; readonly at: number } & Pick<DeliveryTable, 'state' | 'reason'>,
  ): Promise<void> {
    const { id, at, state, reason } = said;
    await db
      .updateTable('alert_deliveries')
      .set({ state, reason, next_at: at })
      .where('id', '=', id)
      .where('state', '=', 'waiting')
      .execute();
  },

  /** How many messages wait or were given up. */
  async deliveryState(db: Kysely<Tables>, _args: null): Promise<DeliveryState> {
    const counts = await db
      .selectFrom('alert_deliveries')
      .select(['state', ({ fn }) => fn.countAll<number>().as('messages')])
      .where('state', '!=', 'delivered')
      .groupBy('state')
      .execute();
    const of = (wanted: string) =>
      Number(counts.find(({ state }) => state === wanted)?.messages ?? 0);
    const last = await db
      .selectFrom('alert_deliveries')
      .select('reason')
      .where('state', '!=', 'delivered')
      .where('reason', 'is not', null)
      .orderBy('next_at', 'desc')
      .limit(1)
      .executeTakeFirst();
    return {
      waiting: of('waiting'),
      abandoned: of('abandoned'),
      lastReason: last?.reason ?? null,
    };
  },

  /**
   * Has one process do some work for all of them. Clocks of machines may differ by less than `forMs`.
   * @returns whether `holder` has it, from now on for `forMs`
   */
  async takeLease(
    db: Kysely<Tables>,
    lease: {
      readonly name: string;
      readonly holder: string;
      readonly now: number;
      readonly forMs: number;
    },
  ): Promise<boolean> {
    const { name, holder, now, forMs } = lease;
    const until = now + forMs;
    const { numInsertedOrUpdatedRows: taken = 0n } = await db
      .insertInto('leases')
      .values({ name, holder, until })
      .onConflict((conflict) =>
        conflict
          .column('name')
          .doUpdateSet({ holder, until })
          .where(({ eb }) =>
            eb.or([eb('leases.holder', '=', holder), eb('leases.until', '<=', now)]),
          ),
      )
      .executeTakeFirst();
    return taken > 0n;
  },

  /** Gives a lease back, so that another process need not wait for its end. */
  async dropLease(
    db: Kysely<Tables>,
    { name, holder }: { readonly name: string; readonly holder: string },
  ): Promise<void> {
    await db.deleteFrom('leases').where('name', '=', name).where('holder', '=', holder).execute();
  },
};

export type AlertQueries = typeof alertQueries;

function firing(db: Kysely<Tables>) {
  return db.selectFrom('alerts').selectAll().where('state', '=', 'firing');
}

/** @returns false where another process has opened an alert of this cause meanwhile */
async function insert(transaction: Transaction<Tables>, alert: Alert): Promise<boolean> {
  const { numInsertedOrUpdatedRows: written = 0n } = await transaction
    .insertInto('alerts')
    .values(rowOf(alert))
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return written > 0n;
}

/** @returns false where another process has ended it meanwhile */
async function update(transaction: Transaction<Tables>, alert: Alert): Promise<boolean> {
  const { numUpdatedRows } = await transaction
    .updateTable('alerts')
    .set(rowOf(alert))
    .where('id', '=', alert.id)
    .where('state', '=', 'firing')
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

async function tell(
  transaction: Transaction<Tables>,
  alerts: readonly Alert[],
  at: number,
): Promise<void> {
  for (const alert of alerts) {
    const id = `${alert.id}-${alert.state}`;
    const body = JSON.stringify(messageOf(alert, at));
    const times = { made_at: at, next_at: at };
    await transaction
      .insertInto('alert_deliveries')
      .values({ ...{ id, body }, ...times, state: 'waiting', attempts: 0, reason: null })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }
}

async function forget(transaction: Transaction<Tables>, before: number): Promise<void> {
  await transaction.deleteFrom('alerts').where('resolved_at', '<', before).execute();
  await transaction
    .deleteFrom('alert_deliveries')
    .where('state', '!=', 'waiting')
    .where('made_at', '<', before)
    .execute();
}

function rowOf(alert: Alert): AlertTable {
  const { key, facts, startedAt, seenAt, resolvedAt, ...same } = alert;
  return {
    ...same,
    cause: key,
    facts: JSON.stringify(facts),
    started_at: startedAt,
    seen_at: seenAt,
    resolved_at: resolvedAt,
  };
}

function alertOf(row: Selectable<AlertTable>): Alert {
  const { cause, facts, started_at, seen_at, resolved_at, ...same } = row;
  return {
    ...same,
    key: cause,
    facts: JSON.parse(facts) as Alert['facts'],
    startedAt: started_at,
    seenAt: seen_at,
    resolvedAt: resolved_at,
  };
}
