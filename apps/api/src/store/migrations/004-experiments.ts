import type { Kysely, Migration } from 'kysely';

/** Experiments, and what finds the outcomes of their arms: few outcomes have one. */
export const experiments: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema
      .createTable('experiments')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('finished_at', 'bigint')
      .addColumn('winner', 'text')
      .addColumn('plan', 'text', (column) => column.notNull())
      .execute();
    for (const table of ['outcomes', 'daily']) {
      await db.schema
        .createIndex(`${table}_by_arm`)
        .on(table)
        .columns(['arm', 'day'])
        .where('arm' as never, '<>', '')
        .execute();
    }
  },
};
