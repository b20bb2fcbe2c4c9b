import type { Kysely, Migration } from 'kysely';

/** Outcomes: young ones by key, mature ones by cell and day, and what both need. */
export const outcomes: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await makeYoung(db);
    await makeMature(db);
    await db.schema
      .createTable('settings')
      .addColumn('name', 'text', (column) => column.primaryKey())
      .addColumn('value', 'text', (column) => column.notNull())
      .execute();
    await db.schema
      .createTable('models')
      .addColumn('version', 'text', (column) => column.primaryKey())
      .addColumn('digest', 'text', (column) => column.notNull())
      .addColumn('schema', 'text', (column) => column.notNull())
      .execute();
    await db.schema.createIndex('models_by_digest').on('models').column('digest').execute();
  },
};

async function makeYoung(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('outcomes')
    .addColumn('key', 'text', (column) => column.primaryKey())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('day', 'text', (column) => column.notNull())
    .addColumn('model', 'text', (column) => column.notNull())
    .addColumn('cell', 'text', (column) => column.notNull())
    .addColumn('unseen', 'text', (column) => column.notNull())
    .addColumn('campaign', 'text', (column) => column.notNull())
    .addColumn('placement', 'text', (column) => column.notNull())
    .addColumn('arm', 'text', (column) => column.notNull())
    .addColumn('impressions', 'bigint', (column) => column.notNull())
    .addColumn('clicks', 'bigint', (column) => column.notNull())
    .addColumn('predicted', 'double precision', (column) => column.notNull())
    .addColumn('spend', 'double precision')
    .addColumn('received_at', 'bigint', (column) => column.notNull())
    .addColumn('until', 'bigint', (column) => column.notNull())
    .addColumn('revision', 'integer', (column) => column.notNull())
    .addColumn('content', 'text', (column) => column.notNull())
    .execute();
  await db.schema.createIndex('outcomes_by_day').on('outcomes').column('day').execute();
  await db.schema
    .createTable('histories')
    .addColumn('key', 'text', (column) => column.notNull())
    .addColumn('revision', 'integer', (column) => column.notNull())
    .addColumn('day', 'text', (column) => column.notNull())
    .addColumn('segment', 'text', (column) => column.notNull())
    .addColumn('age', 'integer', (column) => column.notNull())
    .addColumn('content', 'text', (column) => column.notNull())
    .addColumn('impressions', 'bigint', (column) => column.notNull())
    .addColumn('clicks', 'bigint', (column) => column.notNull())
    .addColumn('spend', 'double precision')
    .addColumn('until', 'bigint', (column) => column.notNull())
    .addColumn('received_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('histories_key', ['key', 'revision'])
    .execute();
  await db.schema.createIndex('histories_by_day').on('histories').column('day').execute();
}

async function makeMature(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('growth')
    .addColumn('day', 'text', (column) => column.notNull())
    .addColumn('segment', 'text', (column) => column.notNull())
    .addColumn('age', 'integer', (column) => column.notNull())
    .addColumn('first_keys', 'bigint', (column) => column.notNull())
    .addColumn('first_impressions', 'bigint', (column) => column.notNull())
    .addColumn('first_clicks', 'bigint', (column) => column.notNull())
    .addColumn('more_impressions', 'bigint', (column) => column.notNull())
    .addColumn('more_clicks', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('growth_key', ['day', 'segment', 'age'])
    .execute();
  await db.schema
    .createTable('daily')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('day', 'text', (column) => column.notNull())
    .addColumn('model', 'text', (column) => column.notNull())
    .addColumn('cell', 'text', (column) => column.notNull())
    .addColumn('unseen', 'text', (column) => column.notNull())
    .addColumn('campaign', 'text', (column) => column.notNull())
    .addColumn('placement', 'text', (column) => column.notNull())
    .addColumn('arm', 'text', (column) => column.notNull())
    .addColumn('rows', 'bigint', (column) => column.notNull())
    .addColumn('impressions', 'bigint', (column) => column.notNull())
    .addColumn('clicks', 'bigint', (column) => column.notNull())
    .addColumn('predicted', 'double precision', (column) => column.notNull())
    .addColumn('spend', 'double precision')
    .execute();
  await db.schema.createIndex('daily_by_day').on('daily').column('day').execute();
  await db.schema
    .createTable('compacted')
    .addColumn('key', 'text', (column) => column.primaryKey())
    .addColumn('day', 'text', (column) => column.notNull())
    .execute();
  await db.schema.createIndex('compacted_by_day').on('compacted').column('day').execute();
}
