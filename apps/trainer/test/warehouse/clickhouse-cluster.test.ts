import { ClickHouseLogLevel, createClient } from '@clickhouse/client';
import { ClickHouseCluster, NOT_INSTALLED, program, READER } from './clickhouse-cluster.js';
import { isThere, NOT_THERE, TodaysClickHouse } from './todays-clickhouse.js';

// Servers that start, on a machine that may be busy.
jest.setTimeout(120_000);

const onServers = program === undefined ? describe.skip : describe;
if (program === undefined) console.log(`Skipped: ${NOT_INSTALLED}`);
const onTodays = isThere ? describe : describe.skip;
if (!isThere) console.log(`Skipped: ${NOT_THERE}`);

onServers('two shards of ClickHouse 18.16 under the official client', () => {
  let cluster: ClickHouseCluster;

  beforeAll(async () => {
    cluster = await ClickHouseCluster.start([1, 2]);
    const columns = 'id UInt64, bid Float64, word String, note Nullable(Float64)';
    await cluster.createTable('log', columns, 'id');
    const note = 'if(number % 3 = 0, NULL, number)';
    await cluster.insert(
      'log',
      `SELECT number, number / 8, concat('w', toString(number % 7)), ${note} FROM numbers(1000)`,
    );
  });
  afterAll(() => cluster?.stop());

  it('answers a ping, and tells names and types', async () => {
    expect(await cluster.first.client.ping()).toEqual({ success: true });
    const columns = await cluster.first.rows<{ name: string; type: string }>('DESCRIBE TABLE log');
    expect(columns.map(({ name, type }) => [name, type])).toEqual([
      ['id', 'UInt64'],
      ['bid', 'Float64'],
      ['word', 'String'],
      ['note', 'Nullable(Float64)'],
    ]);
  });

  it('keeps numbers to the last bit when they are written as literals', async () => {
    const numbers = [0.1 + 0.2, Number.MAX_VALUE, Number.MIN_VALUE * 2 ** 53, -1 / 3, 2 ** 53 - 1];
    const list = numbers.map((x, i) => `toFloat64(${x}) AS x${i}`).join(', ');
    const [row] = await cluster.first.rows<Record<string, number>>(`SELECT ${list}`);
    expect(Object.values(row!)).toEqual(numbers);
  });

  it('has each row in one shard, and in all replicas of that', async () => {
    const [all] = await cluster.first.rows('SELECT count() AS n, sum(id) AS s FROM log');
    expect(all).toEqual({ n: '1000', s: '499500' });
    const parts = await Promise.all(
      cluster.servers.map((server) =>
        server.rows<{ n: string }>('SELECT count() AS n FROM log_local'),
      ),
    );
    const [alone, one, other] = parts.map(([part]) => Number(part!.n));
    expect(alone! + one!).toBe(1000);
    expect(other).toBe(one);
    expect(Math.min(alone!, one!)).toBeGreaterThan(0);
  });

  it('groups over both shards, and NULL is a group of its own', async () => {
    const rows = await cluster.first.rows(
      'SELECT note IS NULL AS none, count() AS n FROM log GROUP BY none ORDER BY none',
    );
    expect(rows).toEqual([
      { none: 0, n: '666' },
      { none: 1, n: '334' },
    ]);
  });

  it('lets a reader in by password alone, and lets it change nothing', async () => {
    const url = `http://127.0.0.1:${cluster.first.ports.http}`;
    const log = { level: ClickHouseLogLevel.OFF };
    const reader = createClient({ url, username: READER.user, password: READER.password, log });
    const stranger = createClient({ url, username: READER.user, password: 'guessed', log });
    try {
      const answer = await reader.query({ query: 'SELECT count() AS n FROM log', format: 'JSON' });
      expect((await answer.json()).data).toEqual([{ n: '1000' }]);
      await expect(reader.command({ query: 'DROP TABLE log_local' })).rejects.toThrow(/readonly/);
      await expect(stranger.query({ query: 'SELECT 1' })).rejects.toThrow(/Wrong password/);
    } finally {
      await Promise.all([reader.close(), stranger.close()]);
    }
  });

  it('goes on when a replica is killed, and names the shard that has none left', async () => {
    const sum = () => cluster.first.rows('SELECT count() AS n, sum(id) AS s FROM log');
    await cluster.shards[1]![0]!.kill();
    expect(await sum()).toEqual([{ n: '1000', s: '499500' }]);
    await cluster.shards[1]![1]!.kill();
    await expect(sum()).rejects.toThrow(/All connection tries failed/);
    await cluster.resume(1, 1);
    expect(await sum()).toEqual([{ n: '1000', s: '499500' }]);
  });
});

onTodays("today's ClickHouse under the official client", () => {
  it('answers a ping, settings and queries, and says what is wrong with a query', async () => {
    const clickhouse = await TodaysClickHouse.start();
    const client = createClient({
      url: `http://127.0.0.1:${clickhouse.port}`,
      log: { level: ClickHouseLogLevel.OFF },
    });
    try {
      expect(await client.ping()).toEqual({ success: true });
      for (const quoted of [0, 1]) {
        const answer = await client.query({
          query: 'SELECT count() AS n FROM numbers(3)',
          format: 'JSONEachRow',
          clickhouse_settings: { output_format_json_quote_64bit_integers: quoted as 0 | 1 },
        });
        expect(await answer.json()).toEqual([{ n: quoted === 1 ? '3' : 3 }]);
      }
      const wrong = client.query({ query: 'SELECT nothing', format: 'JSONEachRow' });
      await expect(wrong).rejects.toThrow(/Unknown expression/);
    } finally {
      await client.close();
      await clickhouse.stop();
    }
  });
});
