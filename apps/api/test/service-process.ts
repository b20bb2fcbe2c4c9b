import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type Agent, type ClientRequest, type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** The service as it is started for real: the built program in a process of its own. */
export class Service {
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

  /** Waits for the log to have `count` lines with `part`, and gives the last of them. */
  async logged(part: string, count = 1): Promise<Record<string, unknown>> {
    for (;;) {
      const lines = this.lines.filter((text) => text.includes(part));
      if (lines.length >= count) return JSON.parse(lines[count - 1]);
      if (this.process.exitCode !== null) throw new Error(`${part} not logged\n${this.errors}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  /** Waits until it serves, all its workers if it has several. */
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
