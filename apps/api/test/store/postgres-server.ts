import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { freePort } from '../valkey-server.js';

/** Where Debian's package has its programs, a folder for each version. */
const PACKAGES = '/usr/lib/postgresql';
/** Whom PostgreSQL runs as where we are root, which it refuses. */
const USER = 'postgres';

/** The folder of the server's programs; undefined where the package is not installed. */
export const programs = existsSync(PACKAGES)
  ? readdirSync(PACKAGES)
      .toSorted((a, b) => Number(b) - Number(a))
      .map((version) => join(PACKAGES, version, 'bin'))
      .find((folder) => existsSync(join(folder, 'initdb')))
  : undefined;

function numberOf(option: '-u' | '-g'): number {
  return Number(spawnSync('id', [option, USER]).stdout.toString());
}

/** Who runs the server: ourselves, unless we are root. */
const owner = process.getuid?.() === 0 ? { uid: numberOf('-u'), gid: numberOf('-g') } : {};

/** A server of our own on a free port, with its data in a temporary folder. */
export class PostgresServer {
  private databases = 0;
  private child: ChildProcess | undefined;

  private constructor(
    private readonly folder: string,
    private readonly port: number,
  ) {}

  /** Makes one and waits until it takes connections. */
  static async start(): Promise<PostgresServer> {
    const folder = mkdtempSync(join(tmpdir(), 'adscale-postgres-'));
    if (owner.uid !== undefined) chownSync(folder, owner.uid, owner.gid);
    const options = ['--username', USER, '--auth', 'trust', '--no-sync', '--encoding', 'UTF8'];
    execFileSync(join(programs!, 'initdb'), ['--pgdata', folder, '--locale', 'C', ...options], {
      cwd: folder,
      stdio: 'ignore',
      ...owner,
    });
    const server = new PostgresServer(folder, await freePort());
    await server.resume();
    return server;
  }

  /** Starts it again after `kill`, with what it had. */
  async resume(): Promise<void> {
    const settings = { listen_addresses: '127.0.0.1', unix_socket_directories: '', fsync: 'off' };
    const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const place = ['-D', this.folder, '-p', String(this.port)];
    const child = spawn(join(programs!, 'postgres'), [...place, ...options], {
      cwd: this.folder,
      stdio: ['ignore', 'ignore', 'pipe'],
      ...owner,
    });
    this.child = child;
    const lines: string[] = [];
    for await (const line of createInterface(child.stderr!)) {
      lines.push(line);
      if (line.includes('ready to accept connections')) {
        child.stderr!.resume();
        return;
      }
    }
    throw new Error(`PostgreSQL ended before it was ready\n${lines.join('\n')}`);
  }

  /** The address of an empty database. */
  newDatabase(): string {
    const name = `test_${++this.databases}`;
    const where = ['-h', '127.0.0.1', '-p', String(this.port), '-U', USER];
    execFileSync(join(programs!, 'createdb'), [...where, name], { cwd: this.folder });
    return `postgres://${USER}@127.0.0.1:${this.port}/${name}`;
  }

  /** Ends at once, as a machine does that loses power: what it had committed stays. */
  async kill(): Promise<void> {
    const { child } = this;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    // Its immediate shutdown: all its processes end, and it recovers at the next start.
    child.kill('SIGQUIT');
    await ended;
  }

  async remove(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
