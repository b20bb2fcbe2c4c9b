import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent, type ClientRequest, type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { sample } from './running-app.js';
import { emptyFolder, modelFolder } from './trained-models.js';

/** The service as it is started for real: the built program in a process of its own. */
class Service {
  readonly process: ChildProcess;
  readonly exit: Promise<unknown[]>;
  readonly lines: string[] = [];
  errors = '';
  port = 0;

  constructor(environment: Record<string, string>) {
    this.process = spawn(process.execPath, [join(__dirname, '../dist/main.js')], {
      env: { PATH: process.env.PATH, PORT: '0', HOST: '127.0.0.1', ...environment },
    });
    this.exit = once(this.process, 'exit');
    createInterface(this.process.stdout!).on('line', (line) => this.lines.push(line));
    this.process.stderr!.setEncoding('utf8').on('data', (text) => (this.errors += text));
  }

  /** Waits for a log line; fails when the process ends first. */
  async logged(part: string): Promise<Record<string, unknown>> {
    for (;;) {
      const line = this.lines.find((text) => text.includes(part));
      if (line !== undefined) return JSON.parse(line);
      if (this.process.exitCode !== null) throw new Error(`${part} not logged\n${this.errors}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  async up(): Promise<this> {
    this.port = Number((await this.logged('AdScale is up')).port);
    return this;
  }

  ask(path: string, agent?: Agent): ClientRequest {
    const method = path === '/predict_ctr' ? 'POST' : 'GET';
    const headers = method === 'POST' ? { 'content-type': 'application/json' } : {};
    return request({ port: this.port, host: '127.0.0.1', path, method, headers, agent });
  }

  async status(path: string): Promise<number> {
    const [answer] = (await once(this.ask(path).end(), 'response')) as [IncomingMessage];
    answer.resume();
    return answer.statusCode!;
  }
}

let service: Service;
afterEach(() => service.process.kill('SIGKILL'));

describe('the process', () => {
  it('says where to look, and logs nothing but JSON', async () => {
    service = await new Service({ MODEL_DIR: await modelFolder() }).up();
    const up = await service.logged('AdScale is up');
    expect(up.msg).toBe(`AdScale is up: open http://localhost:${service.port}/docs`);
    expect(up).toMatchObject({ stats: expect.stringMatching(/\/stats$/) });
    expect(await service.status('/stats?key=secret')).toBe(200);
    expect(await service.logged('"path":"/stats"')).toMatchObject({
      method: 'GET',
      status: 200,
      request_id: expect.any(String),
      ms: expect.any(Number),
    });
    service.lines.forEach((line) => JSON.parse(line));
    expect(service.lines.join()).not.toContain('secret');
  });

  it('leaves without failing a request: not ready, then closed, then exit code 0', async () => {
    const environment = { MODEL_DIR: await modelFolder(), SHUTDOWN_DELAY_MS: '600' };
    service = await new Service(environment).up();
    expect(await service.status('/health/ready')).toBe(200);

    // A client in the middle of a request, which keeps its connection.
    const agent = new Agent({ keepAlive: true });
    const slow = service.ask('/predict_ctr', agent);
    const answered = once(slow, 'response') as Promise<[IncomingMessage]>;
    const body = JSON.stringify(sample);
    slow.setHeader('content-length', body.length);
    slow.write(body.slice(0, 10));
    await new Promise((resolve) => setTimeout(resolve, 50));

    service.process.kill('SIGTERM');
    await service.logged('no longer ready');
    expect(await service.status('/health/ready')).toBe(503);
    expect(await service.status('/health/live')).toBe(200);
    expect(await service.status('/stats')).toBe(200);

    // Until nobody is let in any more, then the slow one still gets its answer.
    while (await service.status('/stats').catch(() => 0));
    slow.end(body.slice(10));
    const [answer] = await answered;
    answer.resume();
    expect(answer.statusCode).toBe(200);
    expect(answer.headers.connection).toBe('close');
    expect(await service.exit).toEqual([0, null]);
    expect(service.errors).toBe('');
  });

  it('ends at once with idle clients still connected', async () => {
    service = await new Service({ MODEL_DIR: await emptyFolder(), SHUTDOWN_DELAY_MS: '0' }).up();
    const agent = new Agent({ keepAlive: true });
    const [answer] = (await once(service.ask('/stats', agent).end(), 'response')) as [
      IncomingMessage,
    ];
    answer.resume();
    await once(answer, 'end');
    service.process.kill('SIGINT');
    expect(await service.exit).toEqual([0, null]);
  });

  it('gives up on a request that never ends, with exit code 1', async () => {
    const environment = { SHUTDOWN_DELAY_MS: '0', REQUEST_TIMEOUT_MS: '60000' };
    service = await new Service({ MODEL_DIR: await emptyFolder(), ...environment }).up();
    const stuck = service.ask('/predict_ctr').on('error', () => {});
    stuck.setHeader('content-length', 100);
    stuck.write('{');
    await new Promise((resolve) => setTimeout(resolve, 50));
    service.process.kill('SIGTERM');
    await service.logged('no longer ready');
    service.process.kill('SIGTERM');
    expect(await service.exit).toEqual([1, null]);
  });

  it('does not start with a wrong environment: says what is wrong, exit code 2', async () => {
    service = new Service({ PORT: 'eighty', LOG_LEVEL: 'loud' });
    expect(await service.exit).toEqual([2, null]);
    expect(service.errors).toContain('PORT: got "eighty", wanted a whole number from 0 to 65535');
    expect(service.errors).toContain('LOG_LEVEL: got "loud", wanted one of silent, fatal,');
    expect(service.errors).not.toContain(' at ');
  });

  it('says so when its port is taken, exit code 1', async () => {
    const MODEL_DIR = await emptyFolder();
    service = await new Service({ MODEL_DIR }).up();
    const late = new Service({ MODEL_DIR, PORT: String(service.port) });
    expect(await late.exit).toEqual([1, null]);
    expect(late.errors).toContain('The port is taken: set PORT to another one.');
  });
});
