import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const PROGRAM = join(__dirname, '../../../../tools/s3/server.mjs');

/** An object store in a process of its own; tools/s3/server.mjs tells what it can do. */
export class BucketServer {
  private constructor(
    private readonly child: ChildProcess,
    private readonly url: string,
  ) {}

  static async start(): Promise<BucketServer> {
    const child = spawn(process.execPath, [PROGRAM], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [url] = (await once(createInterface(child.stdout!), 'line')) as [string];
    return new BucketServer(child, url);
  }

  /** The environment of whoever asks with this key. */
  environment(key = 'test'): Record<string, string> {
    const secret = { AWS_SECRET_ACCESS_KEY: 'of-no-use' };
    return { AWS_ENDPOINT_URL_S3: this.url, AWS_ACCESS_KEY_ID: key, ...secret };
  }

  /** From now on every request of this method is refused so; none if left out. */
  refuse(method?: string): Promise<void> {
    const fault = { method, what: 'refuse', status: 500, code: 'InternalError' };
    return this.fail(...(method === undefined ? [] : [fault]));
  }

  /** From now on these happen, instead of those before; tools/s3/server.mjs tells what each does. */
  async fail(...faults: object[]): Promise<void> {
    const body = JSON.stringify(faults);
    await fetch(`${this.url}/-/faults`, { method: 'POST', body });
  }

  /** The text of an object. */
  async read(key: string): Promise<string> {
    return (await this.ask('GET', key)).text();
  }

  async write(key: string, body: string): Promise<void> {
    await this.ask('PUT', key, body);
  }

  async remove(key: string): Promise<void> {
    await this.ask('DELETE', key);
  }

  private ask(method: string, key: string, body?: string): Promise<Response> {
    const headers = { authorization: 'AWS4-HMAC-SHA256 Credential=test/x' };
    return fetch(`${this.url}/models/${key}`, { method, headers, body });
  }

  async stop(): Promise<void> {
    const ended = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await ended;
  }
}
