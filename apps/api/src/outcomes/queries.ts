import type { Kysely } from 'kysely';
import type { Tables } from '../store/tables.js';
import { checkOutcomes } from './check.js';
import { compactDays } from './compact.js';
import { countedCells } from './counted.js';
import { findModel, keepModel } from './kept-models.js';
import { growthRows } from './growth.js';
import { outcomeSummary } from './summary.js';
import { writeOutcomes } from './write.js';

/** A setting that all processes share: what is kept under its name, or `fresh`, which is then kept. */
async function sharedSetting(
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
}

/** What outcomes ask the store. */
export const outcomeQueries = {
  sharedSetting,
  keepModel,
  findModel,
  writeOutcomes,
  checkOutcomes,
  countedCells,
  outcomeSummary,
  compactDays,
  growthRows,
};

export type OutcomeQueries = typeof outcomeQueries;
