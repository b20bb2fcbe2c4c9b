import { writeFileSync } from 'node:fs';
import { Kysely } from 'kysely';
import pg from 'pg';
import type { Logger } from 'pino';
import { openStore } from '../../src/storage/open.js';
import type { ServiceStore } from '../../src/storage/queries.js';
import { openDialect } from '../../src/store/engine.js';
import { StoreError, unavailability } from '../../src/store/errors.js';
import { Store } from '../../src/store/store.js';
import type { Tables } from '../../src/store/tables.js';
import { writeAlone } from '../../src/store/write-lock.js';
import { waitFor, within } from '../wait-for.js';
import { describeEngines } from './engines.js';
import { temporaryStore } from './temporary.js';

const logged: object[] = [];
const note = (facts: object) => void logged.push(facts);
const logger = { info: note, warn: note, error: note } as unknown as Logger;

const stores: ServiceStore[] = [];
const open = (url: string) => {
  const store = openStore(url, logger);
  stores.push(store);
  return store;
};
afterEach(() => Promise.all(stores.splice(0).map((store) => store.close())));

const ask = (store: ServiceStore, fresh: string, name = 'test') =>
  store.run('sharedSetting', { name, fresh });

/** Has PostgreSQL do something, and ends every other connection to the same database. */
async function administer(url: string, statement: string): Promise<void> {
  const options = '-c default_transaction_read_only=off';
  const client = new pg.Client({ connectionString: url, options });
  await client.connect();
  await client.query(statement);
  await client.query(
    'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
  );
  await client.end();
}

describeEngines('a store', (engine) => {
  it('keeps what it was told when it is opened again', async () => {
    const url = engine.newUrl();
    const store = open(url);
    await expect(ask(store, 'first')).resolves.toBe('first');
    await store.close();
    await expect(ask(open(url), 'second')).resolves.toBe('first');
  });

  it('is made once by several that start at the same time, which agree', async () => {
    const url = engine.newUrl();
    const all = [1, 2, 3, 4].map((number) => ask(open(url), `of ${number}`));
    expect(new Set(await Promise.all(all)).size).toBe(1);
  });

  it('answers what was asked before it closes, and refuses what comes after', async () => {
    const store = open(engine.newUrl());
    const asked = ask(store, 'in time');
    await store.close();
    await expect(asked).resolves.toBe('in time');
    await expect(ask(store, 'late')).rejects.toBeInstanceOf(StoreError);
  });

  it('calls who waits for it to open, also who comes later', async () => {
    const store = open(engine.newUrl());
    await new Promise<void>((resolve) => store.onOpen(resolve));
    await new Promise<void>((resolve) => store.onOpen(resolve));
    expect(store.status).toEqual({ engine: engine.name, available: true, lastError: null });
  });

  const { server } = engine;
  if (server === undefined) return;

  it('refuses while the server is down, says why, and goes on when it is back', async () => {
    const store = open(engine.newUrl());
    await ask(store, 'before');
    await server.kill();
    await expect(ask(store, 'meanwhile')).rejects.toBeInstanceOf(StoreError);
    expect(store.status).toMatchObject({ available: false, lastError: { reason: /./ } });
    await server.resume();
    await expect(ask(store, 'after')).resolves.toBe('before');
    expect(store.status.available).toBe(true);
  });

  it('refuses while the server only reads, as after a failover, and goes on when it writes', async () => {
    const url = engine.newUrl();
    const database = new URL(url).pathname.slice(1);
    const store = open(url);
    await ask(store, 'before');
    const readOnly = `alter database ${database} set default_transaction_read_only =`;
    await administer(url, `${readOnly} on`);
    // Of the first, the connection may have ended under way.
    await ask(store, 'meanwhile', 'other').catch(() => {});
    await expect(ask(store, 'meanwhile', 'other')).rejects.toBeInstanceOf(StoreError);
    expect(store.status).toMatchObject({
      available: false,
      lastError: { reason: expect.stringContaining('25006') },
    });
    await administer(url, `${readOnly} off`);
    await waitFor('the store to write', () =>
      ask(store, 'after', 'other').then(
        (value) => value === 'after',
        () => false,
      ),
    );
  });

  it('opens when the server comes later than itself', async () => {
    const url = engine.newUrl();
    await server.kill();
    const store = open(url);
    await expect(ask(store, 'early')).rejects.toBeInstanceOf(StoreError);
    await server.resume();
    await waitFor('the store to open', () => store.status.available);
    await expect(ask(store, 'then')).resolves.toBe('then');
  });

  it('frees the locks of a transaction whose process says no more, as when it was cut off', async () => {
    const where = { url: engine.newUrl(), maxBytes: 0, idleMs: 100 };
    const [cutOff, other] = [0, 1].map(() => new Kysely<Tables>({ dialect: openDialect(where) }));
    let hold: () => void;
    const held = new Promise<void>((resolve) => (hold = resolve));
    let begun: () => void;
    const hasBegun = new Promise<void>((resolve) => (begun = resolve));
    const ended = writeAlone(cutOff, () => (begun(), held)).catch((error: Error) => error);
    await hasBegun;
    const written = writeAlone(other, async () => 'written');
    await expect(within('the lock of another', written)).resolves.toBe('written');
    hold!();
    expect(unavailability(await ended)).toBeDefined();
    await Promise.all([cutOff.destroy(), other.destroy()]);
  });
});

it('refuses what it is asked while it has no thread, and what its thread left unanswered', async () => {
  const url = new URL('data:text/javascript,process.exit(0)');
  const store = Store.open<never>('file:nowhere', url, logger);
  stores.push(store as unknown as ServiceStore);
  for (let i = 0; i < 3; i++) {
    await expect(ask(store as unknown as ServiceStore, 'x')).rejects.toBeInstanceOf(StoreError);
  }
});

it('refuses a file that is no database, and names the reason', async () => {
  const url = temporaryStore();
  writeFileSync(
    url.slice('file:'.length),
    'a text that is longer than the header of a database'.repeat(50),
  );
  await expect(ask(open(url), 'x')).rejects.toThrow(/not a database/);
});
