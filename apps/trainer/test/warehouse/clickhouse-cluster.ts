import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ClickHouseLogLevel, createClient, type ClickHouseClient } from '@clickhouse/client';

/** The server's program; undefined where it is not installed. Debian has it where only root looks. */
export const program = [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin']
  .map((folder) => join(folder, 'clickhouse-server'))
  .find((path) => existsSync(path));

export const NOT_INSTALLED = 'clickhouse-server is not installed (Debian has it as a package)';

/**
 * What a remote reader of the warehouse is given: it may read and say how, and change nothing. Unless
 * it says otherwise, lost shards are passed over in silence.
 */
export const READER = { user: 'reader', password: 'not-to-be-shown' };

/** The cluster's name in the definition of a Distributed table. */
export const CLUSTER = 'shards';

interface Ports {
  readonly http: number;
  readonly tcp: number;
}

/** Ports that nobody listens on: all are held until the last is known, so that no two are one. */
async function freePorts(count: number): Promise<number[]> {
  const held = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, '127.0.0.1');
      await once(server, 'listening');
      return server;
    }),
  );
  const ports = held.map((server) => (server.address() as { port: number }).port);
  await Promise.all(
    held.map((server) => {
      server.close();
      return once(server, 'close');
    }),
  );
  return ports;
}

/** Whom the server lets in: itself and us without a password, and readers. Only from this machine. */
const usersFile = `<yandex>
  <profiles>
    <default><load_balancing>in_order</load_balancing></default>
    <reading>
      <readonly>2</readonly><load_balancing>in_order</load_balancing>
      <skip_unavailable_shards>1</skip_unavailable_shards>
    </reading>
  </profiles>
  <users>
    <default>
      <password></password><networks><ip>127.0.0.1</ip></networks>
      <profile>default</profile><quota>default</quota>
    </default>
    <${READER.user}>
      <password>${READER.password}</password><networks><ip>127.0.0.1</ip></networks>
      <profile>reading</profile><quota>default</quota>
    </${READER.user}>
  </users>
  <quotas><default></default></quotas>
</yandex>`;

/**
 * Replicas are written by the Distributed table itself (`internal_replication` is false), which needs
 * no ZooKeeper.
 */
function clusterElement(shards: readonly (readonly Ports[])[]): string {
  const replica = ({ tcp }: Ports) =>
    `<replica><host>127.0.0.1</host><port>${tcp}</port></replica>`;
  const shard = (replicas: readonly Ports[]) =>
    `<shard><internal_replication>false</internal_replication>${replicas.map(replica).join('')}</shard>`;
  return `<remote_servers><${CLUSTER}>${shards.map(shard).join('')}</${CLUSTER}></remote_servers>`;
}

/** It tells on its console when it is ready, and keeps its data and its caches small. */
function configFile(folder: string, { http, tcp }: Ports, cluster: string): string {
  return `<yandex>
  <logger><level>information</level><console>1</console></logger>
  <listen_host>127.0.0.1</listen_host>
  <http_port>${http}</http_port><tcp_port>${tcp}</tcp_port>
  <path>${folder}/data/</path><tmp_path>${folder}/data/tmp/</tmp_path>
  <user_files_path>${folder}/data/user_files/</user_files_path>
  <users_config>${folder}/users.xml</users_config>
  <default_profile>default</default_profile><default_database>default</default_database>
  <mark_cache_size>104857600</mark_cache_size>
  <timezone>UTC</timezone>
  ${cluster}
</yandex>`;
}

/** One ClickHouse server of a cluster: a process of ours with its data in a folder of its own. */
export class ClickHouseServer {
  private child: ChildProcess | undefined;
  readonly client: ClickHouseClient;

  constructor(
    private readonly folder: string,
    readonly ports: Ports,
  ) {
    this.client = createClient({
      url: `http://127.0.0.1:${ports.http}`,
      request_timeout: 3_600_000,
      log: { level: ClickHouseLogLevel.OFF },
    });
  }

  get isRunning(): boolean {
    const { child } = this;
    return child !== undefined && child.exitCode === null && child.signalCode === null;
  }

  /** Starts it, again after `kill` too, and waits until it takes connections. */
  async start(cluster: string): Promise<void> {
    await mkdir(this.folder, { recursive: true });
    await writeFile(join(this.folder, 'users.xml'), usersFile);
    const config = join(this.folder, 'config.xml');
    await writeFile(config, configFile(this.folder, this.ports, cluster));
    const child = spawn(program!, [`--config-file=${config}`], {
      cwd: this.folder,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.child = child;
    const said: string[] = [];
    for await (const line of createInterface(child.stderr!)) {
      said.push(line);
      if (!line.includes('Ready for connections')) continue;
      child.stderr!.resume();
      return;
    }
    throw new Error(`clickhouse-server ended before it was ready\n${said.join('\n')}`);
  }

  /** Ends at once, as a machine does that loses power. */
  async kill(): Promise<void> {
    if (!this.isRunning) return;
    const child = this.child!;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }

  /**
   * Waits until it works on its part of a query that another server was asked.
   * @param patience milliseconds
   * @throws Error if none comes
   */
  async untilAsked(patience = 60_000): Promise<void> {
    const end = performance.now() + patience;
    const sql = 'SELECT query FROM system.processes WHERE is_initial_query = 0';
    while ((await this.rows(sql)).length === 0) {
      if (performance.now() > end) throw new Error('no other server asked this one');
    }
  }

  /** Runs a statement that answers nothing. */
  async command(sql: string): Promise<void> {
    await this.client.command({ query: sql });
  }

  /** The rows of an answer, numbers of 64 bits as text. */
  async rows<Row>(sql: string): Promise<Row[]> {
    const answer = await this.client.query({ query: sql, format: 'JSONEachRow' });
    return answer.json<Row>();
  }
}

/**
 * ClickHouse servers on this machine's loopback that know each other as shards and replicas. Each of
 * them answers for all, and `first` is the one to ask.
 */
export class ClickHouseCluster {
  private constructor(
    private readonly folder: string,
    /** By shard, then by replica. */
    readonly shards: readonly (readonly ClickHouseServer[])[],
    private readonly element: string,
  ) {}

  /**
   * @param replicas how many servers each shard has
   * @param parent the folder for their data, which `stop` removes; the system's for temporary files
   *   if left out
   */
  static async start(
    replicas: readonly number[] = [1, 1],
    parent = tmpdir(),
  ): Promise<ClickHouseCluster> {
    const folder = await mkdtemp(join(parent, 'adscale-clickhouse-'));
    const servers = replicas.reduce((sum, count) => sum + count, 0);
    const free = await freePorts(2 * servers);
    const shards = replicas.map((count, shard) =>
      Array.from({ length: count }, (_, replica) => {
        const ports = { http: free.pop()!, tcp: free.pop()! };
        return new ClickHouseServer(join(folder, `shard-${shard}-${replica}`), ports);
      }),
    );
    const element = clusterElement(shards.map((shard) => shard.map(({ ports }) => ports)));
    const cluster = new ClickHouseCluster(folder, shards, element);
    try {
      await Promise.all(cluster.servers.map((server) => server.start(element)));
    } catch (error) {
      await cluster.stop();
      throw error;
    }
    return cluster;
  }

  get servers(): ClickHouseServer[] {
    return this.shards.flat();
  }

  get first(): ClickHouseServer {
    return this.shards[0]![0]!;
  }

  /** Starts a server again that was killed, with what it had; one that lives goes on. */
  async resume(shard: number, replica: number): Promise<void> {
    const server = this.shards[shard]![replica]!;
    if (!server.isRunning) await server.start(this.element);
  }

  /**
   * Makes a table over all shards, and its part `<name>_local` on each server, sorted by nothing.
   * @param columns as in CREATE TABLE
   * @param key of sharding: an expression over the columns, a whole number
   */
  async createTable(name: string, columns: string, key: string): Promise<void> {
    const local = `CREATE TABLE ${name}_local (${columns}) ENGINE = MergeTree ORDER BY tuple()`;
    const engine = `Distributed(${CLUSTER}, default, ${name}_local, ${key})`;
    for (const server of this.servers) {
      await server.command(local);
      await server.command(`CREATE TABLE ${name} (${columns}) ENGINE = ${engine}`);
    }
  }

  /** Fills a table from a SELECT; each row is in all replicas of its shard when it returns. */
  async insert(name: string, select: string): Promise<void> {
    await this.first.client.command({
      query: `INSERT INTO ${name} ${select}`,
      clickhouse_settings: { insert_distributed_sync: 1 } as Record<string, number>,
    });
  }

  /** Ends all servers and removes their data. */
  async stop(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.kill()));
    await Promise.all(this.servers.map(({ client }) => client.close()));
    await rm(this.folder, { recursive: true, force: true });
  }
}
