// Servers that stand beside the service on a cluster, started on loopback from Debian's packages for as long
// as something is measured, and what processor time they take. On Linux, since it reads /proc.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const TICKS_A_SECOND = 100;
const PACKAGES = '/usr/lib/postgresql';

/** Seconds of processor time of a process and its children, those that ended included. */
export function cpuOf(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // Behind the name, which may hold blanks: user, system, and both of the children that ended.
  const ticks = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const own = ticks.slice(11, 15).reduce((sum, each) => sum + Number(each), 0) / TICKS_A_SECOND;
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  const pids = children === '' ? [] : children.split(' ');
  return pids.reduce((sum, child) => sum + cpuOf(child), own);
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/** Resolves once a line of its output has the words. */
async function said(stream, words, name) {
  for await (const line of createInterface(stream)) {
    if (!line.includes(words)) continue;
    stream.resume();
    return;
  }
  throw new Error(`${name} ended before it was ready`);
}

const isThere = (program, option) => spawnSync(program, [option]).error === undefined;

/** A Valkey or Redis; undefined where none is installed. */
export async function startValkey() {
  const program = ['valkey-server', 'redis-server'].find((name) => isThere(name, '--version'));
  if (program === undefined) return undefined;
  const port = await freePort();
  const options = ['--port', port, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  const child = spawn(program, options.map(String), { stdio: ['ignore', 'pipe', 'inherit'] });
  await said(child.stdout, 'Ready to accept', program);
  return {
    pid: child.pid,
    url: `redis://127.0.0.1:${port}`,
    stop: () => child.kill(),
  };
}

/** A PostgreSQL with an empty database, which syncs each commit; undefined where none is installed. */
export async function startPostgres(folder) {
  const versions = existsSync(PACKAGES) ? readdirSync(PACKAGES) : [];
  const programs = versions
    .map((version) => join(PACKAGES, version, 'bin'))
    .find((path) => existsSync(join(path, 'initdb')));
  if (programs === undefined) return undefined;
  const number = (option) => Number(spawnSync('id', [option, 'postgres']).stdout.toString());
  // It refuses to run as root.
  const owner = process.getuid() === 0 ? { uid: number('-u'), gid: number('-g') } : {};
  const data = join(folder, 'postgres');
  mkdirSync(data);
  if (owner.uid !== undefined) chownSync(data, owner.uid, owner.gid);
  const options = ['--username', 'postgres', '--auth', 'trust', '--encoding', 'UTF8'];
  const where = { cwd: data, ...owner };
  execFileSync(join(programs, 'initdb'), ['--pgdata', data, '--locale', 'C', ...options], {
    ...where,
    stdio: 'ignore',
  });
  const port = await freePort();
  const place = ['-D', data, '-p', String(port)];
  const settings = ['-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories='];
  const child = spawn(join(programs, 'postgres'), [...place, ...settings], {
    ...where,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  await said(child.stderr, 'ready to accept connections', 'PostgreSQL');
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  const sql = 'select pg_database_size(current_database())';
  return {
    pid: child.pid,
    url,
    /** Bytes that the database takes on disk. */
    bytes: () => Number(execFileSync(join(programs, 'psql'), [url, '-tAc', sql], where)),
    stop: async () => {
      const ended = once(child, 'exit');
      child.kill('SIGINT');
      await ended;
    },
  };
}

/** HAProxy with one thread in front of a port, connections kept; undefined where it is not installed. */
export async function startBalancer(folder, behind) {
  if (!isThere('haproxy', '-v')) return undefined;
  const port = await freePort();
  const file = join(folder, 'haproxy.cfg');
  writeFileSync(
    file,
    `global
  nbthread 1
defaults
  mode http
  timeout connect 5s
  timeout client 30s
  timeout server 30s
  http-reuse always
frontend in
  bind 127.0.0.1:${port}
  default_backend out
backend out
  server api 127.0.0.1:${behind}
`,
  );
  // -db: in the foreground, one process
  const child = spawn('haproxy', ['-db', '-f', file], { stdio: ['ignore', 'ignore', 'pipe'] });
  child.stderr.resume();
  await listening(port, child);
  return { pid: child.pid, port, stop: () => child.kill() };
}

async function listening(port, child) {
  while (child.exitCode === null) {
    const answer = await fetch(`http://127.0.0.1:${port}/health/live`).catch(() => undefined);
    if (answer?.ok) return;
    await answer?.body?.cancel();
  }
  throw new Error('haproxy ended before it was ready');
}
