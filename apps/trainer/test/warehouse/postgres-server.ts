import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** Where Debian's package has its programs, a folder for each version. */
const PACKAGES = '/usr/lib/postgresql';
/** Whom PostgreSQL runs as where we are root, which it refuses. */
const USER = 'postgres';
/** Of the reader, which is asked for where no trust is. */
export const PASSWORD = 'not-to-be-shown';

/** The folder of the server's programs; undefined where the package is not installed. */
export const programs = existsSync(PACKAGES)
  ? readdirSync(PACKAGES)
      .toSorted((a, b) => Number(b) - Number(a))
      .map((version) => join(PACKAGES, version, 'bin'))
      .find((folder) => existsSync(join(folder, 'initdb')))
  : undefined;

export const NOT_INSTALLED = 'PostgreSQL is not installed (Debian has it as a package)';

const idOf = (option: '-u' | '-g'): number => Number(spawnSync('id', [option, USER]).stdout);

/** A server of our own on a free port, with its data in a temporary folder. */
export class PostgresServer {
  private child: ChildProcess | undefined;

  private constructor(
    private readonly folder: string,
    private readonly port: number,
    private readonly owner: { uid?: number; gid?: number },
  ) {}

  /** Makes one and waits until it takes connections. */
  static async start(): Promise<PostgresServer> {
    const folder = mkdtempSync(join(tmpdir(), 'adscale-postgres-'));
    const owner = process.getuid?.() === 0 ? { uid: idOf('-u'), gid: idOf('-g') } : {};
    if (owner.uid !== undefined) chownSync(folder, owner.uid, owner.gid!);
    const how = ['--auth', 'trust', '--no-sync', '--encoding', 'UTF8', '--locale', 'C'];
    execFileSync(join(programs!, 'initdb'), ['--pgdata', folder, '--username', USER, ...how], {
      cwd: folder,
      stdio: 'ignore',
      ...owner,
    });
    const free = createServer().listen(0, '127.0.0.1');
    await once(free, 'listening');
    const { port } = free.address() as { port: number };
    free.close();
    await once(free, 'close');
    const server = new PostgresServer(folder, port, owner);
    await server.resume();
    return server;
  }

  /** Starts it, again after `kill`, with what it had. */
  async resume(): Promise<void> {
    const settings = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', 'fsync=off'];
    const child = spawn(
      join(programs!, 'postgres'),
      ['-D', this.folder, '-p', String(this.port), ...settings.flatMap((one) => ['-c', one])],
      { cwd: this.folder, stdio: ['ignore', 'ignore', 'pipe'], ...this.owner },
    );
    this.child = child;
    for await (const line of createInterface(child.stderr!)) {
      if (!line.includes('ready to accept connections')) continue;
      child.stderr!.resume();
      return;
    }
    throw new Error('PostgreSQL ended before it was ready');
  }

  /** As the trainer is told it. */
  get url(): string {
    return `postgres://${USER}@127.0.0.1:${this.port}/postgres`;
  }

  /** Runs statements; rows of CSV come from standard input. */
  run(sql: string, input = ''): void {
    const where = ['-h', '127.0.0.1', '-p', String(this.port), '-U', USER];
    execFileSync(join(programs!, 'psql'), [...where, '-q', '-v', 'ON_ERROR_STOP=1', '-c', sql], {
      cwd: this.folder,
      input,
      stdio: ['pipe', 'ignore', 'inherit'],
    });
  }

  /** The one value of an answer, as text. */
  ask(sql: string): string {
    const where = ['-h', '127.0.0.1', '-p', String(this.port), '-U', USER];
    const how = ['-A', '-t', '-v', 'ON_ERROR_STOP=1', '-c', sql];
    return execFileSync(join(programs!, 'psql'), [...where, ...how], {
      cwd: this.folder,
      encoding: 'utf8',
    });
  }

  /** Ends at once, as a machine does that loses power. */
  async kill(): Promise<void> {
    const { child } = this;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    // Its immediate shutdown: all its processes end.
    child.kill('SIGQUIT');
    await ended;
  }

  async remove(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
