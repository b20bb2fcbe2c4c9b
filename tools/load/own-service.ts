import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** A service of our own, as it is started for real, on a free port. */
export class OwnService {
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
