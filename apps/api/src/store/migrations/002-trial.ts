import type { Kysely, Migration } from 'kysely';

/** Gated canaries: their state, and what each process has answered for them. */
export const trial: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema
      .createTable('trials')
      .addColumn('id', 'text', (column) => column.primaryKey())
      // Unique, so that no more than one trial is open.
      .addColumn('slot', 'text', (column) => column.notNull().unique())
      .addColumn('version', 'text', (column) => column.notNull())
      .addColumn('begun_at', 'bigint', (column) => column.notNull())
      .addColumn('revision', 'integer', (column) => column.notNull())
      .addColumn('state', 'text', (column) => column.notNull())
      .addColumn('lease_owner', 'text', (column) => column.notNull())
      .addColumn('lease_until', 'bigint', (column) => column.notNull())
      .execute();
    await db.schema
      .createIndex('trials_by_version')
      .on('trials')
      .columns(['version', 'begun_at'])
      .execute();
    await db.schema
      .createTable('trial_answers')
      .addColumn('trial', 'text', (column) => column.notNull())
      .addColumn('percent', 'double precision', (column) => column.notNull())
      .addColumn('process', 'text', (column) => column.notNull())
      .addColumn('tried', 'bigint', (column) => column.notNull())
      .addColumn('tried_failed', 'bigint', (column) => column.notNull())
      .addColumn('tried_slow', 'bigint', (column) => column.notNull())
      .addColumn('current', 'bigint', (column) => column.notNull())
      .addColumn('current_failed', 'bigint', (column) => column.notNull())
      .addColumn('current_slow', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('trial_answers_key', ['trial', 'percent', 'process'])
      .execute();
  },
};
