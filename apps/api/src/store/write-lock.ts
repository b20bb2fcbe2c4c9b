import { type Kysely, sql } from 'kysely';
import { isPostgres } from './bulk.js';
import type { Tables } from './tables.js';

/** Any number that nobody else locks. */
const LOCK = 0x6164_7363;

/**
 * Runs `work` in a transaction while no other process writes outcomes, so that what it has read stays
 * true until it has written. In SQLite every transaction of ours is the only one that writes.
 */
export function writeAlone<R>(
  db: Kysely<Tables>,
  work: (transaction: Kysely<Tables>) => Promise<R>,
): Promise<R> {
  return db.transaction().execute(async (transaction) => {
    if (isPostgres(transaction)) {
      await sql`select pg_advisory_xact_lock(${sql.lit(LOCK)})`.execute(transaction);
    }
    return work(transaction);
  });
}
