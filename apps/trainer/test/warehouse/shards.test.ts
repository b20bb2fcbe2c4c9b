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

onServers('training in two shards of ClickHouse, one of them with two replicas', () => {
  let cluster: ClickHouseCluster;
  let wire: Wire;
  /** Queries that one training asks. */
  let queries: number;

  const source = (user = 'default'): string =>
    `clickhouse://${user}@127.0.0.1:${wire.port}/default`;

  beforeAll(async () => {
    cluster = await ClickHouseCluster.start([1, 2]);
    await cluster.createTable('log', COLUMNS, 'cityHash64(bid)');
    await cluster.insert('log', clickhouseSelect);
    wire = await Wire.start(cluster.first.ports.http);
  });

  afterEach(() => (wire.beforeQuery = () => {}));

  afterAll(async () => {
    await wire?.stop();
    await cluster?.stop();
  });

  it('gives the model that DuckDB gives, byte for byte', async () => {
    const { status, stderr, digest } = await log.train(source());
    expect(stderr).not.toMatch(/error/i);
    expect(status).toBe(0);
    expect(digest).toBe(expected);
    queries = wire.total().queries;
  });

  it('reads as somebody who may only read, whose password is told nowhere', async () => {
    const refused = await log.train(source(READER.user), { CLICKHOUSE_PASSWORD: 'guessed' });
    expect(refused.status).toBe(2);
    const { status, digest, stdout, stderr } = await log.train(source(READER.user), {
      CLICKHOUSE_PASSWORD: READER.password,
    });
    expect(status).toBe(0);
    expect(digest).toBe(expected);
    expect(refused.stdout + refused.stderr).not.toContain('guessed');
    expect(stdout + stderr).not.toContain(READER.password);
  });

  it('ends right when a replica is killed between two queries', async () => {
    const halfway = wire.total().queries + Math.floor(queries / 2);
    wire.beforeQuery = async (_, index) => {
      if (index === halfway) await cluster.shards[1]![0]!.kill();
    };
    const { status, digest } = await log.train(source());
    expect(cluster.shards[1]![0]!.isRunning).toBe(false);
    await cluster.resume(1, 0);
    expect({ status, digest }).toEqual({ status: 0, digest: expected });
  });

  it('ends right when a replica is killed while it counts', async () => {
    const [replica] = cluster.shards[1]!;
    const counting = (sql: string): boolean => /GROUP BY/.test(sql) && /count\(\*\)/i.test(sql);
    let killed: Promise<void> | undefined;
    wire.beforeQuery = async (sql) => {
      if (killed !== undefined || !counting(sql)) return;
      // From now on this replica takes its time over every block: it is killed as soon as it counts.
      await replica!.command('RENAME TABLE log_local TO log_kept');
      await replica!.command('CREATE VIEW log_local AS SELECT * FROM log_kept WHERE sleep(3) = 0');
      killed = replica!.untilAsked().then(() => replica!.kill());
    };
    const { status, digest } = await log.train(source());
    await killed;
    expect(replica!.isRunning).toBe(false);
    await cluster.resume(1, 0);
    await replica!.command('DROP TABLE log_local');
    await replica!.command('RENAME TABLE log_kept TO log_local');
    expect({ status, digest }).toEqual({ status: 0, digest: expected });
  });

  it('publishes nothing when a shard is lost with all its replicas, and says where', async () => {
    const halfway = wire.total().queries + Math.floor(queries / 2);
    wire.beforeQuery = async (_, index) => {
      if (index === halfway) await Promise.all(cluster.shards[1]!.map((server) => server.kill()));
    };
    const { status, digest, stderr } = await log.train(source());
    await Promise.all([cluster.resume(1, 0), cluster.resume(1, 1)]);
    expect({ status, digest }).toEqual({ status: 2, digest: undefined });
    expect(stderr).toContain(source());
    expect(stderr).toMatch(/All connection tries failed/);
  });

  it('publishes nothing when the server that is asked is lost, and says which', async () => {
    const halfway = wire.total().queries + Math.floor(queries / 2);
    wire.beforeQuery = async (_, index) => {
      if (index === halfway) await cluster.first.kill();
    };
    const { status, digest, stderr } = await log.train(source());
    await cluster.resume(0, 0);
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
