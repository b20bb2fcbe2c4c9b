import { type Kysely, type Migration, sql } from 'kysely';

/** Reports, alerts, the messages that tell of them, and which process looks for them. */
export const alerts: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema
      .createTable('alerts')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('cause', 'text', (column) => column.notNull())
      .addColumn('kind', 'text', (column) => column.notNull())
      .addColumn('model', 'text', (column) => column.notNull())
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('title', 'text', (column) => column.notNull())
      .addColumn('facts', 'text', (column) => column.notNull())
      .addColumn('state', 'text', (column) => column.notNull())
      .addColumn('started_at', 'bigint', (column) => column.notNull())
      .addColumn('seen_at', 'bigint', (column) => column.notNull())
      .addColumn('revision', 'text', (column) => column.notNull())
      .addColumn('absent', 'integer', (column) => column.notNull())
      .addColumn('resolved_at', 'bigint')
      .addColumn('reason', 'text')
      .execute();
    await db.schema
      .createIndex('alerts_firing')
      .unique()
      .on('alerts')
      .column('cause')
      .where(sql<boolean>`state = 'firing'`)
      .execute();
    await db.schema.createIndex('alerts_resolved').on('alerts').column('resolved_at').execute();
    await makeDeliveries(db);
    await db.schema
      .createTable('reports')
      .addColumn('name', 'text', (column) => column.primaryKey())
      .addColumn('made', 'text', (column) => column.notNull())
      .execute();
    // Whether outcomes have come is asked again and again.
    await db.schema.createIndex('outcomes_by_time').on('outcomes').column('received_at').execute();
    await db.schema
      .createTable('leases')
      .addColumn('name', 'text', (column) => column.primaryKey())
      .addColumn('holder', 'text', (column) => column.notNull())
      .addColumn('until', 'bigint', (column) => column.notNull())
      .execute();
  },
};

async function makeDeliveries(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('alert_deliveries')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('body', 'text', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('made_at', 'bigint', (column) => column.notNull())
    .addColumn('next_at', 'bigint', (column) => column.notNull())
    .addColumn('attempts', 'integer', (column) => column.notNull())
    .addColumn('reason', 'text')
    .execute();
  await db.schema
    .createIndex('alert_deliveries_due')
    .on('alert_deliveries')
    .columns(['state', 'next_at'])
    .execute();
}
