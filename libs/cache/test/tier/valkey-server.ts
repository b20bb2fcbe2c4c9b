import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';

/** The server's program, under either name; undefined where neither is installed. */
export const program = ['valkey-server', 'redis-server'].find(
  (name) => spawnSync(name, ['--version']).error === undefined,
);

/** Far more than anything takes on a machine whose cores are all busy. */
const LONGEST_WAIT_MS = 45_000;

/** Looks again and again until it holds. @throws Error saying what was waited for in vain */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + LONGEST_WAIT_MS;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`waited ${LONGEST_WAIT_MS} ms for ${what}`);
    await delay(1);
  }
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

/** A server of our own that keeps nothing on disk. */
export class ValkeyServer {
  private constructor(private readonly child: ChildProcess) {}

  /** Starts one and waits until it takes connections, again if somebody else has the port. */
  static async start(port: number): Promise<ValkeyServer> {
    let server: ValkeyServer | undefined;
    await until(`${program} to listen on port ${port}`, async () => {
      server = await ValkeyServer.attempt(port);
      return server !== undefined;
    });
    return server!;
  }

  private static async attempt(port: number): Promise<ValkeyServer | undefined> {
    const network = ['--port', `${port}`, '--bind', '127.0.0.1'];
    const options = [...network, '--save', '', '--appendonly', 'no'];
    const child = spawn(program!, options, { cwd: tmpdir(), stdio: ['ignore', 'pipe', 'inherit'] });
    for await (const chunk of child.stdout!) {
      if (String(chunk).includes('Ready to accept connections')) return new ValkeyServer(child);
    }
    return undefined;
  }

  /** Stops answering, without closing a connection; resolves when it stands still. */
  async pause(): Promise<void> {
    this.child.kill('SIGSTOP');
    const state = () => spawnSync('ps', ['-o', 'state=', '-p', `${this.child.pid}`]).stdout;
    await until('the server to stand still', () => String(state()).startsWith('T'));
  }

  resume(): void {
    this.child.kill('SIGCONT');
  }

  /** Ends at once, as a machine does that loses power. */
  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill('SIGKILL');
    await once(this.child, 'exit');
  }
}
