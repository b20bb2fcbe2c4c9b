import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const PROGRAM = join(__dirname, '../../../../tools/s3/server.mjs');

/** What happens to a request; tools/s3/server.mjs tells what each does. */
export interface Fault {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'DELETE' | 'WRITE';
  readonly what:
    | 'cut'
    | 'mute'
    | 'late'
    | 'before'
    | 'after'
    | 'refuse'
    | 'slow'
    | 'careless'
    | 'drips'
    | 'forgets'
    | 'bare';
  /** A pattern; any key if left out. */
  readonly key?: string;
  /** From 1; every one if left out. */
  readonly nth?: number;
  readonly ms?: number;
  readonly status?: number;
  readonly code?: string;
}

/** An object store in a process of its own. */
export class BucketServer {
  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
  ) {}

  /** Starts one, which this process and its children find by their environment. */
  static async start(): Promise<BucketServer> {
    const child = spawn(process.execPath, [PROGRAM], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [url] = (await once(createInterface(child.stdout!), 'line')) as [string];
    const server = new BucketServer(child, url);
    process.env.AWS_ENDPOINT_URL_S3 = url;
    server.useKey('test');
    return server;
  }

  /** From now on this is the key of this process and of its children. */
  useKey(id: string): void {
    process.env.AWS_ACCESS_KEY_ID = id;
    process.env.AWS_SECRET_ACCESS_KEY = 'of-no-use';
  }

  async stop(): Promise<void> {
    const ended = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await ended;
  }

  /** Forgets all objects and faults. */
  async reset(): Promise<void> {
    await this.ask('reset', {});
  }

  /** From now on these happen, instead of those before. */
  async fail(...faults: Fault[]): Promise<void> {
    await this.ask('faults', faults);
  }

  /** Resolves when a request is held by a fault; aborted, rejects. */
  async held(signal: AbortSignal): Promise<void> {
    await fetch(`${this.url}/-/held`, { signal });
  }

  /** Does what came late. @returns the status of each */
  async deliver(): Promise<number[]> {
    return (await this.ask('late', {})) as number[];
  }

  async keys(): Promise<string[]> {
    return (await this.ask('keys', {})) as string[];
  }

  /** The requests so far, as `PUT m/registry.json`. */
  async log(): Promise<string[]> {
    return (await this.ask('log', {})) as string[];
  }

  /** Writes an object of this age, past all rules. */
  async write(key: string, body: string, ageMs = 0): Promise<void> {
    const headers = {
      authorization: 'AWS4-HMAC-SHA256 Credential=test/x',
      'x-amz-meta-modified': String(Date.now() - ageMs),
    };
    await fetch(`${this.url}/models/${key}`, { method: 'PUT', body, headers });
  }

  /** Deletes an object, past all rules. */
  async remove(key: string): Promise<void> {
    const headers = { authorization: 'AWS4-HMAC-SHA256 Credential=test/x' };
    await fetch(`${this.url}/models/${key}`, { method: 'DELETE', headers });
  }

  private async ask(what: string, body: unknown): Promise<unknown> {
    const answer = await fetch(`${this.url}/-/${what}`, {
      method: 'POST',
      body: JSON.stringify(body),
    });
    return answer.json();
  }
}
