import { ClickHouseCluster, NOT_INSTALLED, program, READER } from './clickhouse-cluster.js';
import { isThere, NOT_THERE, TodaysClickHouse } from './todays-clickhouse.js';
import { clickhouseSelect, COLUMNS, TrainedFrom } from './trained.js';
import { Wire } from './wire.js';

const onServers = program === undefined ? describe.skip : describe;
if (program === undefined) console.log(`Skipped: ${NOT_INSTALLED}`);
const onTodays = isThere ? describe : describe.skip;
if (!isThere) console.log(`Skipped: ${NOT_THERE}`);

let log: TrainedFrom;
/** Digest of the model that DuckDB's count gives. */
let expected: string | undefined;

beforeAll(async () => {
  log = await TrainedFrom.start();
  const { status, stderr, digest } = await log.train(await log.duckdb());
  expect({ status, stderr }).toEqual({ status: 0, stderr: expect.not.stringMatching(/error/i) });
  expected = digest;
});
afterAll(() => log.stop());

/** A query that counts: what a training mostly asks. */
const isCounting = (sql: string): boolean => /GROUP BY/.test(sql);

onServers('training in two shards of ClickHouse, one of them with two replicas', () => {
  let cluster: ClickHouseCluster;
  let wire: Wire;

  const source = (user = 'default'): string =>
    `clickhouse://${user}@127.0.0.1:${wire.port}/default`;

  /** Does something once, before the server sees the second query that counts. */
  function inTheMiddle(work: () => Promise<unknown>): void {
    let seen = 0;
    wire.beforeQuery = async (sql) => {
      if (isCounting(sql) && ++seen === 2) await work();
    };
  }

  // A cluster remembers for a while which of its servers failed.
  beforeEach(async () => {
    cluster = await ClickHouseCluster.start([1, 2]);
    await cluster.createTable('log', COLUMNS, 'cityHash64(bid)');
    await cluster.insert('log', clickhouseSelect);
    wire = await Wire.start(cluster.first.ports.http);
  });

  afterEach(async () => {
    await wire?.stop();
    await cluster?.stop();
  });

  it('gives the model that DuckDB gives, byte for byte, and both shards count', async () => {
    const { status, stdout, digest } = await log.train(source());
    expect({ status, digest }).toEqual({ status: 0, digest: expected });
    expect(wire.asked.filter(({ sql }) => isCounting(sql)).length).toBeGreaterThan(1);
    // What the card says of the wire is what crossed it, but for what describes the table.
    const { bytes, rows } = JSON.parse(stdout).card.counting.crossed;
    const counted = wire.asked.filter(({ sql }) => !/LIMIT 0|system\.settings/.test(sql));
    const sum = (of: 'received' | 'lines'): number =>
      counted.reduce((all, one) => all + one[of], 0);
    expect({ bytes, rows }).toEqual({ bytes: sum('received'), rows: sum('lines') });
  });

  it('reads as somebody who may only read, whose password is told nowhere', async () => {
    const refused = await log.train(source(READER.user), { CLICKHOUSE_PASSWORD: 'guessed' });
    expect(refused.status).toBe(2);
    const { status, digest, stdout, stderr } = await log.train(source(READER.user), {
      CLICKHOUSE_PASSWORD: READER.password,
    });
    expect({ status, digest }).toEqual({ status: 0, digest: expected });
    expect(refused.stdout + refused.stderr).not.toContain('guessed');
    expect(stdout + stderr).not.toContain(READER.password);
  });

  it('ends right when a replica is killed between two queries', async () => {
    inTheMiddle(() => cluster.shards[1]![0]!.kill());
    const { status, digest } = await log.train(source());
    expect(cluster.shards[1]![0]!.isRunning).toBe(false);
    expect({ status, digest }).toEqual({ status: 0, digest: expected });
  });

  it('ends right when a replica is killed while it counts', async () => {
    const [replica] = cluster.shards[1]!;
    let killed: Promise<void> | undefined;
    inTheMiddle(async () => {
      // From now on this replica takes its time over every block: it is killed as soon as it counts.
      await replica!.command('RENAME TABLE log_local TO log_kept');
      await replica!.command('CREATE VIEW log_local AS SELECT * FROM log_kept WHERE sleep(3) = 0');
      killed = replica!.untilAsked().then(() => replica!.kill());
    });
    const { status, digest } = await log.train(source());
    await killed;
    expect(replica!.isRunning).toBe(false);
    expect({ status, digest }).toEqual({ status: 0, digest: expected });
  });

  it.each([
    ['as the server is set', 'default', {}],
    [
      'where the server is set to pass over it',
      READER.user,
      { CLICKHOUSE_PASSWORD: READER.password },
    ],
  ])('publishes nothing when a shard is lost with all its replicas, %s', async (_, user, env) => {
    inTheMiddle(() => Promise.all(cluster.shards[1]!.map((server) => server.kill())));
    const { status, digest, stderr } = await log.train(source(user), env);
    expect({ status, digest }).toEqual({ status: 2, digest: undefined });
    expect(stderr).toContain(source(user));
    expect(stderr).toMatch(/All connection tries failed/);
  });

  it('publishes nothing when the server that is asked is lost, and says which', async () => {
    inTheMiddle(() => cluster.first.kill());
    const { status, digest, stderr } = await log.train(source());
    expect({ status, digest }).toEqual({ status: 2, digest: undefined });
    expect(stderr).toContain(source());
  });
});

onTodays("training in today's ClickHouse", () => {
  let clickhouse: TodaysClickHouse;

  beforeAll(async () => {
    clickhouse = await TodaysClickHouse.start();
    clickhouse.command(
      'CREATE DATABASE ads ENGINE = Atomic',
      `CREATE TABLE ads.log (${COLUMNS}) ENGINE = MergeTree ORDER BY tuple()`,
      `INSERT INTO ads.log ${clickhouseSelect}`,
    );
  });
  afterAll(() => clickhouse?.stop());

  it('gives the model that DuckDB gives, byte for byte', async () => {
    const source = `clickhouse://default@127.0.0.1:${clickhouse.port}/ads`;
    const { status, stderr, digest } = await log.train(source);
    expect({ status, digest, stderr }).toEqual({ status: 0, digest: expected, stderr });
  });
});
