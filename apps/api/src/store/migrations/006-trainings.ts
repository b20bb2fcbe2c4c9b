import type { Kysely, Migration } from 'kysely';

/** What models were trained with, so that monitoring sees where they extrapolate. */
export const trainings: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema
      .createTable('trainings')
      .addColumn('version', 'text', (column) => column.primaryKey())
      .addColumn('training', 'text', (column) => column.notNull())
      .execute();
  },
};
