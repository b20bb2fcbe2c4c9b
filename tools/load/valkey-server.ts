import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';

/** A Valkey or Redis server of our own, on a free port, that keeps nothing on disk. */
export class ValkeyServer {
  private child: ChildProcess | undefined;

  private constructor(
    private readonly program: string,
    private readonly port: number,
  ) {}

  /** @param program the path of `valkey-server` or `redis-server` */
  static async start(program: string): Promise<ValkeyServer> {
    const server = new ValkeyServer(program, await freePort());
    await server.start();
    return server;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /**
   * Starts it, empty, on the same port as before.
   * @throws Error when it ends before it takes connections
   */
  async start(): Promise<void> {
    const options = `--port ${this.port} --bind 127.0.0.1 --appendonly no --save`.split(' ');
    const child = spawn(this.program, [...options, ''], {
      cwd: tmpdir(),
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.child = child;
    for await (const chunk of child.stdout) {
      if (String(chunk).includes('Ready to accept connections')) return;
    }
    throw new Error(`${this.program} ended before it took connections`);
  }

  /** Ends at once, as a machine does that loses power. */
  async kill(): Promise<void> {
    const { child } = this;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  /** How many keys it holds: none after a start, until somebody writes. */
  async keys(): Promise<number> {
    const socket = connect(this.port, '127.0.0.1').setEncoding('latin1');
    socket.write('DBSIZE\r\n');
    const [answer] = (await once(socket, 'data')) as [string];
    socket.destroy();
    return Number(/^:(\d+)/.exec(answer)?.[1]);
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
