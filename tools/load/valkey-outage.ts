import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';

/** How long the service may take to find Valkey, at first and when it is back, in milliseconds. */
const PATIENCE_MS = 15_000;

/** Never reached: what is looked at is the loss of Valkey, not how busy the machine is. */
const MAX_LAG_MS = '60000';

/** How often the service kept an answer in Valkey, did without it, and was let down by it. */
export interface Sharing {
  writes: number;
  skipped: number;
  errors: number;
  timeouts: number;
}

/** A service that shares a Valkey, and the loss of the latter. */
export class ValkeyOutage {
  private constructor(
    private readonly server: ValkeyServer,
    private readonly service: OwnService,
  ) {}

  /**
   * Starts both and waits until the service has written to the server.
   * @param program the path of `valkey-server` or `redis-server`
   * @param main the built program of the API
   */
  static async prepare(program: string, main: string, modelDir: string): Promise<ValkeyOutage> {
    const server = await ValkeyServer.start(program);
    try {
      const settings = { MODEL_DIR: modelDir, VALKEY_URL: server.url, MAX_LAG_MS };
      const outage = new ValkeyOutage(server, await OwnService.start(main, settings));
      if ((await outage.msUntilWritten()) !== undefined) return outage;
      await outage.service.stop();
      throw new Error(`the service wrote nothing to Valkey within ${PATIENCE_MS / 1000} s`);
    } catch (error) {
      await server.kill();
      throw error;
    }
  }

  get baseUrl(): string {
    return this.service.baseUrl;
  }

  /**
   * A third of `seconds` into them the server dies, after another third it is back, empty.
   * @returns how long it then took the service to write to it again, in milliseconds; undefined
   *   when it did not
   */
  async strike(seconds: number): Promise<number | undefined> {
    const third = (1000 * seconds) / 3;
    await pause(third);
    await this.server.kill();
    await pause(third);
    await this.server.start();
    return this.msUntilWritten();
  }

  /** What the service says of the answers that it shares through the server. */
  async sharing(): Promise<Sharing> {
    const answer = await fetch(`${this.baseUrl}/stats`);
    const { cache } = (await answer.json()) as { cache: { second_tier: Sharing } };
    return cache.second_tier;
  }

  /** Ends both; resolves to the service's exit code. */
  async end(): Promise<number | null> {
    const code = await this.service.stop();
    await this.server.kill();
    return code;
  }

  private async msUntilWritten(): Promise<number | undefined> {
    const start = performance.now();
    while (performance.now() - start < PATIENCE_MS) {
      if ((await this.server.keys()) > 0) return Math.round(performance.now() - start);
      await pause(50);
    }
    return undefined;
  }
}

/** A service of our own, as it is started for real, on a free port. */
class OwnService {
  private constructor(
    private readonly child: ChildProcess,
    readonly baseUrl: string,
  ) {}

  /**
   * @param main the built program of the API
   * @throws Error with what it wrote last when it ends before it serves
   */
  static async start(main: string, settings: Record<string, string>): Promise<OwnService> {
    const child = spawn(process.execPath, [main], {
      env: { PATH: process.env.PATH, PORT: '0', HOST: '127.0.0.1', ...settings },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const lines = createInterface(child.stdout);
    let last = '';
    for await (const line of lines) {
      last = line;
      const port = /"port":(\d+).*AdScale is up/.exec(line)?.[1];
      if (port === undefined) continue;
      // the log goes on and nobody reads it: it must not fill the pipe
      child.stdout.resume();
      return new OwnService(child, `http://127.0.0.1:${port}`);
    }
    throw new Error(`the service ended before it served: ${last}`);
  }

  /** Ends it as an orchestrator does; resolves to its exit code, 0 when it left in good order. */
  async stop(): Promise<number | null> {
    if (this.child.exitCode !== null) return this.child.exitCode;
    this.child.kill('SIGTERM');
    const [code] = (await once(this.child, 'exit')) as [number | null];
    return code;
  }
}

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
