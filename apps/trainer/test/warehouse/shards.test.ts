import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { Registry } from '@adscale/ctr';
import { adscale, type Finished } from '../run.js';
import { ClickHouseCluster, NOT_INSTALLED, program, READER } from './clickhouse-cluster.js';
import { Wire } from './wire.js';

const onServers = program === undefined ? describe.skip : describe;
if (program === undefined) console.log(`Skipped: ${NOT_INSTALLED}`);

let folder: string;
const at = (name: string): string => join(folder, name);
const ROWS = 20_000;
const COLUMNS = 'site String, device String, hour UInt8, bid Float64, clicked UInt8';

/** Impressions, made of their numbers by arithmetic that both engines do alike, to the bit. */
const impressions = (numbers: string): string =>
  `SELECT concat('s', cast(number * 31 % 17 as String)) AS site,
     CASE WHEN number * 13 % 7 < 4 THEN 'mobile' ELSE 'desktop' END AS device,
     cast(number * 11 % 24 as UInt8) AS hour,
     cast(number * 7919 % 5003 as double) / 64.0 AS bid,
     cast(CASE WHEN number * 7907 % 1009 < 40 + number * 31 % 17 * 5 THEN 1 ELSE 0 END as UInt8) AS clicked
   FROM ${numbers}`;

const mapping = `label: clicked
features:
  site: { column: site, kind: word }
  device: { column: device, kind: categorical, categories: [mobile, desktop] }
  hour: { column: hour, kind: integer, minimum: 0, maximum: 23 }
  bid: { column: bid, kind: numeric, minimum: 0 }
`;

async function duckDbFile(): Promise<string> {
  const path = at('log.db');
  const instance = await DuckDBInstance.create(path);
  const connection = await instance.connect();
  const numbers = `(SELECT range AS number FROM range(${ROWS})) AS numbers`;
  await connection.run(`CREATE TABLE log AS ${impressions(numbers)}`);
  connection.closeSync();
  instance.closeSync();
  return path;
}

let runs = 0;

/** Trains from a warehouse into a registry of its own. */
async function train(
  source: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Finished & { digest: string | undefined }> {
  const output = at(`models-${++runs}`);
  const data = ['--source', source, '--table', 'log', '--mapping', at('mapping.yaml')];
  const how = ['--model', 'forest', '--trees', '5', '--bins', '16', '--no-report', '--json'];
  const finished = await adscale(['train', ...data, ...how, '-o', output], () => {}, { env });
  const current = await new Registry(output).current();
  const file = current && join(output, 'versions', current, 'model.adsf');
  const digest =
    file &&
    createHash('sha256')
      .update(await readFile(file))
      .digest('hex');
  return { ...finished, digest };
}

onServers('training in two shards of ClickHouse, one of them with two replicas', () => {
  let cluster: ClickHouseCluster;
  let wire: Wire;
  let expected: string | undefined;
  /** Queries that one training asks. */
  let queries: number;

  const source = (user = 'default'): string =>
    `clickhouse://${user}@127.0.0.1:${wire.port}/default`;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'adscale-shards-'));
    await writeFile(at('mapping.yaml'), mapping);
    expected = (await train(`duckdb://${await duckDbFile()}`)).digest;
    cluster = await ClickHouseCluster.start([1, 2]);
    await cluster.createTable('log', COLUMNS, 'cityHash64(bid)');
    await cluster.insert('log', impressions(`numbers(${ROWS})`));
    wire = await Wire.start(cluster.first.ports.http);
  });

  afterEach(() => (wire.beforeQuery = () => {}));

  afterAll(async () => {
    await wire?.stop();
    await cluster?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('gives the model that DuckDB gives, byte for byte', async () => {
    const { status, stderr, digest } = await train(source());
    expect(stderr).not.toMatch(/error/i);
    expect(status).toBe(0);
    expect(digest).toBe(expected);
    queries = wire.total().queries;
  });

  it('reads as somebody who may only read, whose password is told nowhere', async () => {
    const refused = await train(source(READER.user), { CLICKHOUSE_PASSWORD: 'guessed' });
    expect(refused.status).toBe(2);
    const { status, digest, stdout, stderr } = await train(source(READER.user), {
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
    const { status, digest } = await train(source());
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
    const { status, digest } = await train(source());
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
    const { status, digest, stderr } = await train(source());
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
    const { status, digest, stderr } = await train(source());
    await cluster.resume(0, 0);
    expect({ status, digest }).toEqual({ status: 2, digest: undefined });
    expect(stderr).toContain(source());
  });
});
