import type { Kysely } from 'kysely';
import type { Tables } from '../store/tables.js';

/** What outcomes ask the store. */
export const outcomeQueries = {
  /** A setting that all processes share: what is kept under its name, or `fresh`, which is then kept. */
  async sharedSetting(
    db: Kysely<Tables>,
    { name, fresh }: { readonly name: string; readonly fresh: string },
  ): Promise<string> {
    await db
      .insertInto('settings')
      .values({ name, value: fresh })
      .onConflict((conflict) => conflict.column('name').doNothing())
      .execute();
    const kept = db.selectFrom('settings').select('value').where('name', '=', name);
    return (await kept.executeTakeFirstOrThrow()).value;
  },
};

export type OutcomeQueries = typeof outcomeQueries;
