import { setTimeout as pause } from 'node:timers/promises';
import { OwnService } from './own-service.ts';
import { ValkeyServer } from './valkey-server.ts';

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
