import { setImmediate as turn } from 'node:timers/promises';
import pg from 'pg';
import { useWarehouse } from '../../src/warehouse/open.js';
import { ClickHouseCluster, NOT_INSTALLED, program, READER } from './clickhouse-cluster.js';
import {
  NOT_INSTALLED as NO_POSTGRES,
  PostgresServer,
  programs as postgresPrograms,
} from './postgres-server.js';

// Servers that start, on a machine that may be busy.
jest.setTimeout(120_000);

const onPostgres = postgresPrograms === undefined ? it.skip : it;
if (postgresPrograms === undefined) console.log(`Skipped: ${NO_POSTGRES}`);
const onClickHouse = program === undefined ? it.skip : it;
if (program === undefined) console.log(`Skipped: ${NOT_INSTALLED}`);

/** Asks again until it holds. @throws Error if it does not within `patience` milliseconds */
async function until(holds: () => Promise<boolean>, patience = 60_000): Promise<void> {
  const end = performance.now() + patience;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error('it does not hold');
    await turn();
  }
}

/** Asks what takes an hour at least, and is stopped once the server is at it. */
async function stopped(url: string, sql: string, isAtIt: () => Promise<boolean>): Promise<void> {
  const stop = new AbortController();
  const asked = useWarehouse(url, { threads: 1 }, stop.signal, async (warehouse) => {
    for await (const rows of warehouse.stream(sql)) throw new Error(`got ${rows.length} rows`);
  });
  const early = asked.then(() => {
    throw new Error('it ended by itself');
  });
  early.catch(() => {});
  await Promise.race([until(isAtIt), early]);
  stop.abort();
  let isOver = false;
  asked.catch(() => {}).finally(() => (isOver = true));
  await until(() => Promise.resolve(isOver));
  await expect(asked).rejects.toMatchObject({ name: 'AbortError' });
}

onPostgres('PostgreSQL works no longer on what nobody waits for', async () => {
  const server = await PostgresServer.start();
  const watcher = new pg.Client({ connectionString: server.url });
  try {
    await watcher.connect();
    const isAtIt = async (): Promise<boolean> => {
      const sql =
        "SELECT 1 FROM pg_stat_activity WHERE application_name = 'adscale' AND state = 'active'";
      const { rows } = await watcher.query(`${sql} AND query LIKE '%pg_sleep%'`);
      return rows.length > 0;
    };
    await stopped(server.url, 'SELECT pg_sleep(3600)::text', isAtIt);
    await until(async () => !(await isAtIt()));
  } finally {
    await watcher.end();
    await server.remove();
  }
});

onClickHouse('ClickHouse works no longer on what nobody waits for, of readers too', async () => {
  const cluster = await ClickHouseCluster.start([1]);
  const before = process.env['CLICKHOUSE_PASSWORD'];
  process.env['CLICKHOUSE_PASSWORD'] = READER.password;
  try {
    const { first } = cluster;
    const isAtIt = async (): Promise<boolean> => {
      const sql = `SELECT query FROM system.processes WHERE user = '${READER.user}' AND query LIKE '%cityHash64%'`;
      return (await first.rows(sql)).length > 0;
    };
    const url = `clickhouse://${READER.user}@127.0.0.1:${first.ports.http}/default`;
    await stopped(url, 'SELECT sum(cityHash64(number)) AS s FROM numbers(10000000000000)', isAtIt);
    await until(async () => !(await isAtIt()));
  } finally {
    if (before === undefined) delete process.env['CLICKHOUSE_PASSWORD'];
    else process.env['CLICKHOUSE_PASSWORD'] = before;
    await cluster.stop();
  }
});
