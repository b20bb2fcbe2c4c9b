import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';

/** The server's program, under either name; undefined where neither is installed. */
export const program = ['valkey-server', 'redis-server'].find(
  (name) => spawnSync(name, ['--version']).error === undefined,
);

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

  /** Starts one and waits until it takes connections. */
  static async start(port: number): Promise<ValkeyServer> {
    const options = [
      '--port',
      `${port}`,
      '--bind',
      '127.0.0.1',
      '--save',
      '',
      '--appendonly',
      'no',
    ];
    const child = spawn(program!, options, { cwd: tmpdir(), stdio: ['ignore', 'pipe', 'inherit'] });
    for await (const chunk of child.stdout!) {
      if (String(chunk).includes('Ready to accept connections')) return new ValkeyServer(child);
    }
    throw new Error(`${program} ended before it was ready`);
  }

  /** Stops answering, without closing a connection. */
  pause(): void {
    this.child.kill('SIGSTOP');
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
