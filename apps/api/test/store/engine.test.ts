import { Kysely, sql } from 'kysely';
import { openDialect } from '../../src/store/engine.js';
import { temporaryStore } from './temporary.js';

it('tells the error of SQLite, not that of undoing, where SQLite has rolled back by itself', async () => {
  const db = new Kysely<{ kept: { name: string } }>({
    dialect: openDialect({ url: temporaryStore(), maxBytes: 0 }),
  });
  await sql`create table kept (name text primary key)`.execute(db);
  // As a full disk does, but at will: this conflict ends the transaction.
  const insert = sql`insert or rollback into kept values ('a')`;
  const twice = db.transaction().execute(async (trx) => {
    await insert.execute(trx);
    await insert.execute(trx);
  });
  await expect(twice).rejects.toMatchObject({ code: 'SQLITE_CONSTRAINT_PRIMARYKEY' });
  expect(await db.selectFrom('kept').selectAll().execute()).toEqual([]);
  // It goes on.
  await db.transaction().execute((trx) => insert.execute(trx));
  expect(await db.selectFrom('kept').selectAll().execute()).toEqual([{ name: 'a' }]);
  await db.destroy();
});
