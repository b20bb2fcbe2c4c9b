import { type Kysely, type Migration, sql } from 'kysely';

/** Outcomes: young ones by key, mature ones by cell and day, and what both need. */
export const outcomes: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await makeYoung(db);
    await makeMature(db);
    await makeView(db);
    await db.schema
      .createTable('settings')
      .addColumn('name', 'text', (column) => column.primaryKey())
      .addColumn('value', 'text', (column) => column.notNull())
      .execute();
    await db.schema
      .createTable('models')
      .addColumn('digest', 'text', (column) => column.primaryKey())
      .addColumn('version', 'text', (column) => column.notNull())
      .addColumn('schema', 'text', (column) => column.notNull())
      .execute();
  },
};

async function makeYoung(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('outcomes')
    .addColumn('key', 'text', (column) => column.primaryKey())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('segment', 'text', (column) => column.notNull())
    .addColumn('cell_id', 'text', (column) => column.notNull())
    .addColumn('day', 'text', (column) => column.notNull())
    .addColumn('model', 'text', (column) => column.notNull())
    .addColumn('cell', 'text', (column) => column.notNull())
    .addColumn('unseen', 'text', (column) => column.notNull())
    .addColumn('campaign', 'text', (column) => column.notNull())
    .addColumn('placement', 'text', (column) => column.notNull())
    .addColumn('arm', 'text', (column) => column.notNull())
    .addColumn('impressions', 'bigint', (column) => column.notNull())
    .addColumn('clicks', 'bigint', (column) => column.notNull())
    .addColumn('ctr', 'double precision', (column) => column.notNull())
    .addColumn('spend', 'double precision')
    .addColumn('received_at', 'bigint', (column) => column.notNull())
    .addColumn('until', 'bigint', (column) => column.notNull())
    .addColumn('revision', 'integer', (column) => column.notNull())
    .addColumn('content', 'text', (column) => column.notNull())
    .execute();
  await db.schema
    .createIndex('outcomes_by_day')
    .on('outcomes')
    .columns(['day', 'cell_id'])
    .execute();
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
    .addColumn('cell_id', 'text', (column) => column.primaryKey())
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
  await db.schema.createIndex('daily_by_day').on('daily').columns(['day', 'cell_id']).execute();
}

/** Young and mature outcomes as one. */
async function makeView(db: Kysely<unknown>): Promise<void> {
  const cell = sql.raw('day, cell_id, model, cell, unseen, campaign, placement, arm');
  await sql`
    create view counted as
    select ${cell}, 1 as rows, impressions, clicks, ctr * impressions as predicted, spend
    from outcomes
    union all
    select ${cell}, rows, impressions, clicks, predicted, spend from daily`.execute(db);
}
