// The two engines that the warehouse benchmark counts in: two shards of ClickHouse on this machine,
// and one file of DuckDB. Each holds the same log, and says what a training cost it.
import { mkdir, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { DuckDBInstance } from '@duckdb/node-api';
import { build } from 'esbuild';
import { checkOf, columns, inClickHouse, inDuckDb } from './click_log.mjs';
import { timed } from './stopwatch.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
/** Rows that one statement writes: an engine works on it with bounded memory. */
const SLICE = 5_000_000;
/** What the servers count of themselves that a training costs. */
const COUNTED = {
  cpu: ['UserTimeMicroseconds', 'SystemTimeMicroseconds'],
  scanned: ['CompressedReadBufferBytes'],
  read: ['ReadCompressedBytes'],
};

export const tableOf = (rows) => `log_${rows}`;

/** The tests' own cluster and wire. They are TypeScript, which Node 20 does not run: bundled first. */
async function harness() {
  const folder = join(root, 'node_modules', '.cache', 'adscale-bench');
  await mkdir(folder, { recursive: true });
  const from = (name) => join(root, 'apps/trainer/test/warehouse', `${name}.ts`);
  const outfile = join(folder, `warehouse-${process.pid}.mjs`);
  await build({
    stdin: {
      contents: `export * from '${from('clickhouse-cluster')}'; export * from '${from('wire')}';`,
      resolveDir: root,
    },
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    external: ['@clickhouse/client'],
    outfile,
  });
  try {
    return await import(pathToFileURL(outfile).href);
  } finally {
    await rm(outfile);
  }
}

/** [from, to) in slices. */
function slicesOf(from, to) {
  const slices = [];
  for (let at = from; at < to; at += SLICE) slices.push([at, Math.min(SLICE, to - at)]);
  return slices;
}

/** Rows of numbers and text, whatever types the engine gave them. */
const plain = (rows) => rows.map((row) => Object.values(row).map(String));

export class ClickHouseShards {
  name = 'ClickHouse, two shards';

  /** @returns {Promise<ClickHouseShards | string>} why not, where the server is not installed */
  static async start(folder) {
    const { ClickHouseCluster, NOT_INSTALLED, program, Wire } = await harness();
    if (program === undefined) return NOT_INSTALLED;
    const engine = new ClickHouseShards();
    engine.cluster = await ClickHouseCluster.start([1, 1], folder);
    engine.wire = await Wire.start(engine.cluster.first.ports.http);
    return engine;
  }

  /** What the trainer is given: the wire, so that all that crosses is counted. */
  source() {
    return `clickhouse://default@127.0.0.1:${this.wire.port}/default`;
  }

  /** Each shard makes its half of the rows by itself. */
  async fill(seed, rows) {
    const { cluster } = this;
    await cluster.createTable(tableOf(rows), columns, 'cityHash64(placement)');
    const half = Math.floor(rows / 2);
    const halves = [slicesOf(0, half), slicesOf(half, rows)];
    await Promise.all(
      cluster.servers.map(async (server, shard) => {
        await server.command('SYSTEM START MERGES');
        for (const [from, count] of halves[shard]) {
          await server.command(
            `INSERT INTO ${tableOf(rows)}_local ${inClickHouse(seed, from, count)}`,
          );
        }
        // It would go on for minutes after a log is written, and be counted to the trainings.
        await server.command('SYSTEM STOP MERGES');
      }),
    );
  }

  async check(rows) {
    return plain(await this.cluster.first.rows(checkOf(tableOf(rows))));
  }

  async bytesOnDisk(rows) {
    const table = `database = 'default' AND table = '${tableOf(rows)}_local' AND active`;
    const sizes = await Promise.all(
      this.cluster.servers.map((server) =>
        server.rows(`SELECT sum(bytes_on_disk) AS bytes FROM system.parts WHERE ${table}`),
      ),
    );
    return sizes.reduce((sum, [{ bytes }]) => sum + Number(bytes), 0);
  }

  /** What all servers have counted since they started: seconds of processor time, and bytes. */
  async counted() {
    const sums = { cpu: 0, scanned: 0, read: 0 };
    for (const server of this.cluster.servers) {
      const events = await server.rows('SELECT event, value FROM system.events');
      const value = Object.fromEntries(events.map((row) => [row.event, Number(row.value)]));
      for (const name in sums) for (const event of COUNTED[name]) sums[name] += value[event] ?? 0;
    }
    return { ...sums, cpu: sums.cpu / 1e6, ...this.wire.total() };
  }

  /**
   * What a further shard costs the server that is asked, which puts the cells of all shards together:
   * each answers with all its cells, and does next to nothing for it. More shards than there are
   * servers are the same servers, asked several times.
   * @returns {Promise<{cells: number, shards: number, seconds: number, cpu: number}[]>}
   */
  async merging(rows, shardCounts) {
    const key = 'placement, position, device, third, eighth';
    const parts = 'intDiv(hour, 3) AS third, toUInt8(8 * cbrt((bid - 0.05) / 4.95)) AS eighth';
    const cells = `SELECT placement, position, device, ${parts}, sum(clicked) AS clicked FROM ${tableOf(rows)} GROUP BY ${key}`;
    const servers = this.cluster.servers.map(({ ports }) => `127.0.0.1:${ports.tcp}`);
    for (const server of this.cluster.servers) {
      await server.command(`CREATE TABLE cells ENGINE = MergeTree ORDER BY tuple() AS ${cells}`);
    }
    const { first } = this.cluster;
    const measured = [];
    for (const shards of shardCounts) {
      const list = Array.from({ length: shards }, (_, i) => servers[i % servers.length]).join(',');
      const merged = `SELECT ${key}, count(*) AS n, sum(clicked) AS k FROM remote('${list}', default, cells) GROUP BY ${key}`;
      const before = await this.counted();
      const { result, wall } = await timed(() =>
        first.rows(`SELECT count() AS n FROM (${merged})`),
      );
      const { cpu } = await this.counted();
      measured.push({ cells: Number(result[0].n), shards, seconds: wall, cpu: cpu - before.cpu });
    }
    return measured;
  }

  async stop() {
    await this.wire.stop();
    await this.cluster.stop();
  }
}

export class DuckDbFile {
  name = 'DuckDB, one file';

  /** @param {string} folder that it may write to */
  static async start(folder) {
    const engine = new DuckDbFile();
    engine.folder = folder;
    return engine;
  }

  pathOf(rows) {
    return join(this.folder, `${tableOf(rows)}.db`);
  }

  source(rows) {
    return `duckdb://${this.pathOf(rows)}`;
  }

  async fill(seed, rows) {
    await this.open(rows, {}, async (instance, connection) => {
      await connection.run(`CREATE TABLE ${tableOf(rows)} AS ${inDuckDb(seed, 0, 0)}`);
      // Its source of numbers has one thread: two statements have two.
      const slices = slicesOf(0, rows);
      const work = async () => {
        const own = await instance.connect();
        for (let slice = slices.shift(); slice !== undefined; slice = slices.shift()) {
          await own.run(`INSERT INTO ${tableOf(rows)} ${inDuckDb(seed, ...slice)}`);
        }
        own.closeSync();
      };
      await Promise.all([work(), work()]);
    });
  }

  async check(rows) {
    let answer;
    await this.open(rows, { access_mode: 'READ_ONLY' }, async (_, connection) => {
      answer = plain((await connection.runAndReadAll(checkOf(tableOf(rows)))).getRowObjectsJS());
    });
    return answer;
  }

  async bytesOnDisk(rows) {
    return (await stat(this.pathOf(rows))).size;
  }

  /** It has no process of its own, and nothing crosses a wire: what it costs, the trainer's process pays. */
  async counted() {
    return { cpu: 0, scanned: NaN, read: NaN, queries: NaN, sent: 0, received: 0, lines: 0 };
  }

  async stop() {}

  async open(rows, options, work) {
    const instance = await DuckDBInstance.create(this.pathOf(rows), options);
    const connection = await instance.connect();
    try {
      await work(instance, connection);
    } finally {
      connection.closeSync();
      instance.closeSync();
    }
  }
}
