// What runs on the hosts, each started as it is for real and ended as a machine ends it.
import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { appendFileSync, existsSync, readdirSync } from 'node:fs';
import { chmod, chown, mkdir, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { addressOf, end, replicas } from './network.mjs';

const run = promisify(execFile);
const api = fileURLToPath(new URL('../../apps/api/dist/main.js', import.meta.url));
const configuration = fileURLToPath(new URL('haproxy.cfg', import.meta.url));
const PACKAGES = '/usr/lib/postgresql';
/** Whom PostgreSQL runs as: it refuses root. */
const USER = 'postgres';
/** How long a program may take to start: the hosts share one machine, which may be busy. */
const START_MS = 120_000;

/** Most requests a minute of one key, over all replicas. */
export const LIMIT = 1200;
/** How often a replica looks for another model, in milliseconds. */
export const POLL_MS = 2000;

/** Keys of the callers, made anew for each run. */
export function makeKeys(bidders) {
  const key = () => randomBytes(24).toString('hex');
  const keys = { greedy: key(), reporter: key(), operator: key() };
  return { ...keys, bidders: Array.from({ length: bidders }, key) };
}

function keySetting({ greedy, reporter, operator, bidders }) {
  const entry = (name, scopes, key) =>
    `${name}:${scopes}:${createHash('sha256').update(key).digest('hex')}`;
  return [
    entry('greedy', 'predict', greedy),
    entry('reporter', 'outcomes', reporter),
    entry('operator', 'predict+outcomes+admin', operator),
    ...bidders.map((key, i) => entry(`bidder-${i}`, 'predict', key)),
  ].join(',');
}

/** Waits for a line of a program. @throws Error with its last lines when it ends, or takes too long */
async function lineOf(child, stream, isWanted, what, keep = () => {}) {
  const lines = createInterface({ input: stream });
  const last = [];
  let timer;
  try {
    await new Promise((resolve, reject) => {
      const fail = (why) => reject(new Error(`${what} ${why}\n${last.join('\n')}`));
      timer = setTimeout(() => fail(`was not up within ${START_MS / 1000} s`), START_MS);
      child.once('exit', (code) => fail(`ended with exit code ${code}`));
      child.once('error', reject);
      lines.on('line', (line) => {
        keep(line);
        if (last.push(line) > 20) last.shift();
        if (isWanted(line)) resolve();
      });
    });
  } finally {
    clearTimeout(timer);
  }
}

/** One replica of the service. */
export class Replica {
  constructor(network, host, settings, logs) {
    Object.assign(this, { network, host, settings, logs });
  }

  get url() {
    return `http://${addressOf(this.host)}:8000`;
  }

  async start() {
    const env = { PATH: process.env.PATH, ...this.settings, HOST: '0.0.0.0', PORT: '8000' };
    const options = { env, stdio: ['ignore', 'pipe', 'inherit'] };
    this.child = this.network.spawn(this.host, process.execPath, [api], options);
    const keep = (line) => {
      if (this.logs) appendFileSync(join(this.logs, `${this.host}.log`), `${line}\n`);
    };
    const isUp = (line) => line.includes('AdScale is up');
    await lineOf(this.child, this.child.stdout, isUp, this.host, keep);
  }

  /** As an orchestrator ends it. @returns its exit code */
  stop() {
    return this.child === undefined ? 0 : end(this.child, 'SIGTERM');
  }
}

/** All replicas, with settings alike. */
export function makeReplicas(network, { keys, models, valkey, postgres, logs, workers }) {
  const settings = {
    WORKERS: String(workers),
    MODEL_DIR: models,
    MODEL_POLL_MS: String(POLL_MS),
    API_KEYS: keySetting(keys),
    RATE_LIMIT_PER_MINUTE: String(LIMIT),
    VALKEY_URL: valkey.url,
    OUTCOMES_URL: postgres.url,
    TRUST_PROXY: '1',
    // Longer than the balancer takes to notice; see haproxy.cfg.
    SHUTDOWN_DELAY_MS: '2500',
    // What is looked at is the loss of hosts, not how busy the one machine below them is.
    MAX_LAG_MS: '60000',
    UPLOAD_DIR: join(models, '..', 'uploads'),
  };
  return replicas.map((host) => new Replica(network, host, settings, logs));
}

/** A Valkey, or Redis, that keeps nothing on disk. */
export class Valkey {
  password = randomBytes(16).toString('hex');

  constructor(network, program) {
    Object.assign(this, { network, program });
  }

  get url() {
    return `redis://:${this.password}@${addressOf('valkey')}:6379`;
  }

  /** Starts it, empty. */
  async start() {
    const options = { cwd: '/tmp', stdio: ['pipe', 'pipe', 'inherit'] };
    this.child = this.network.spawn('valkey', this.program, ['-'], options);
    // On the standard input, since other users can read a command line.
    const lines = [`bind ${addressOf('valkey')}`, `requirepass ${this.password}`];
    this.child.stdin.end([...lines, 'appendonly no', 'save ""', ''].join('\n'));
    const isUp = (line) => line.includes('Ready to accept connections');
    await lineOf(this.child, this.child.stdout, isUp, 'Valkey');
  }

  /** As a machine that loses power. */
  async kill() {
    if (this.child !== undefined) await end(this.child, 'SIGKILL');
  }
}

/** The folder of Debian's programs of PostgreSQL; undefined where there is none. */
export function postgresPrograms() {
  if (!existsSync(PACKAGES)) return undefined;
  return readdirSync(PACKAGES)
    .toSorted((a, b) => Number(b) - Number(a))
    .map((version) => join(PACKAGES, version, 'bin'))
    .find((folder) => existsSync(join(folder, 'initdb')));
}

/** A PostgreSQL that syncs every commit. */
export class Postgres {
  password = randomBytes(16).toString('hex');

  constructor(network, programs, folder) {
    Object.assign(this, { network, programs, folder: join(folder, 'postgres') });
  }

  get url() {
    return `postgres://${USER}:${this.password}@${addressOf('postgres')}:5432/postgres`;
  }

  /** Makes its data. */
  async make() {
    const number = async (option) => Number((await run('id', [option, USER])).stdout);
    const owner = { uid: await number('-u'), gid: await number('-g') };
    await mkdir(this.folder);
    await chown(this.folder, owner.uid, owner.gid);
    const secret = join(this.folder, '..', 'password');
    await writeFile(secret, this.password);
    await chmod(secret, 0o600);
    await chown(secret, owner.uid, owner.gid);
    const access = ['--auth-local', 'reject', '--auth-host', 'scram-sha-256', '--pwfile', secret];
    const place = ['--pgdata', join(this.folder, 'data'), '--username', USER];
    const options = [...place, ...access, '--encoding', 'UTF8', '--locale', 'C'];
    await run(join(this.programs, 'initdb'), options, { cwd: this.folder, ...owner });
    await rm(secret);
    const line = `host all all ${addressOf('postgres')}/24 scram-sha-256\n`;
    appendFileSync(join(this.folder, 'data', 'pg_hba.conf'), line);
  }

  /** Starts it with what it had. */
  async start() {
    const settings = { listen_addresses: addressOf('postgres'), unix_socket_directories: '' };
    const given = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const who = ['--reuid', USER, '--regid', USER, '--clear-groups'];
    const server = [join(this.programs, 'postgres'), '-D', join(this.folder, 'data'), ...given];
    const options = { cwd: this.folder, stdio: ['ignore', 'ignore', 'pipe'] };
    this.child = this.network.spawn('postgres', 'setpriv', [...who, ...server], options);
    const isUp = (line) => line.includes('ready to accept connections');
    await lineOf(this.child, this.child.stderr, isUp, 'PostgreSQL');
  }

  /** Ends it at once, without a last word to the disk; it recovers at the next start. */
  async kill() {
    if (this.child !== undefined) await end(this.child, 'SIGQUIT');
  }
}

/** The load balancer, with the configuration beside this file. */
export class Balancer {
  constructor(network, folder) {
    Object.assign(this, { network, socket: join(folder, 'haproxy.sock') });
  }

  get url() {
    return `http://${addressOf('balancer')}:8000`;
  }

  async start() {
    const env = { HAPROXY_SOCKET: this.socket, BALANCER_ADDRESS: `${addressOf('balancer')}:8000` };
    replicas.forEach((host, i) => (env[`REPLICA_${i + 1}`] = `${addressOf(host)}:8000`));
    const options = {
      env: { PATH: process.env.PATH, ...env },
      stdio: ['ignore', 'ignore', 'pipe'],
    };
    this.child = this.network.spawn('balancer', 'haproxy', ['-db', '-f', configuration], options);
    const said = [];
    this.child.stderr.on('data', (chunk) => said.push(chunk));
    for (const until = Date.now() + START_MS; Date.now() < until; await brief()) {
      if (this.child.exitCode !== null) throw new Error(`HAProxy ended\n${said.join('')}`);
      if (await this.rows().catch(() => undefined)) return;
    }
    throw new Error(`HAProxy was not up within ${START_MS / 1000} s`);
  }

  /** What it says of its backends and servers. */
  async rows() {
    const socket = connect(this.socket);
    socket.setEncoding('utf8').write('show stat\n');
    let text = '';
    socket.on('data', (chunk) => (text += chunk));
    await once(socket, 'close');
    const [head, ...lines] = text.trim().split('\n');
    const names = head.replace('# ', '').split(',');
    return lines.map((line) => {
      const cells = line.split(',');
      return Object.fromEntries(names.map((name, i) => [name, cells[i]]));
    });
  }

  /** Attempts beyond the first so far, of questions. */
  async retries() {
    const rows = await this.rows();
    const all = rows.find((row) => row.pxname === 'questions' && row.svname === 'BACKEND');
    return Number(all.wretr) + Number(all.wredis);
  }

  /** Waits until it sends to so many replicas. @throws Error when that takes too long */
  async untilUp(wanted) {
    for (const until = Date.now() + START_MS; Date.now() < until; await brief()) {
      const rows = await this.rows();
      const up = rows.filter(({ svname, status }) => /^replica-/.test(svname) && status === 'UP');
      // Each is in three backends.
      if (up.length === 3 * wanted) return;
    }
    throw new Error(`the balancer did not see ${wanted} replicas within ${START_MS / 1000} s`);
  }
}

const brief = () => new Promise((resolve) => setTimeout(resolve, 50));
