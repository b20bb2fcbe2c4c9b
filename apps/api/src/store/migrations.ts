import { type Kysely, type Migration, type MigrationProvider, Migrator } from 'kysely';
import { outcomes } from './migrations/001-outcomes.js';
import { trial } from './migrations/002-trial.js';
import { decisions } from './migrations/003-decisions.js';
import { experiments } from './migrations/004-experiments.js';
import { alerts } from './migrations/005-alerts.js';
import { trainings } from './migrations/006-trainings.js';
import type { Tables } from './tables.js';

/** By name, in whose order they are made. One that was released never changes: a new one follows it. */
const migrations: Readonly<Record<string, Migration>> = {
  '001-outcomes': outcomes,
  '002-trial': trial,
  '003-decisions': decisions,
  '004-experiments': experiments,
  '005-alerts': alerts,
  '006-trainings': trainings,
};

const provider: MigrationProvider = { getMigrations: async () => ({ ...migrations }) };

/**
 * Makes what the database lacks, each migration in one transaction. Of several processes that start at
 * once, one does it while the others wait.
 * @throws what the database says
 */
export async function migrate(db: Kysely<Tables>): Promise<void> {
  const { error } = await new Migrator({ db, provider }).migrateToLatest();
  if (error !== undefined) throw error;
}
