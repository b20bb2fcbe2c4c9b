import { type ChildProcess, spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { type Agent, type ClientRequest, type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { quietSettings, sample } from './running-app.js';
import { temporaryStore } from './store/temporary.js';
import { within } from './wait-for.js';

/** A machine that is busy takes its time to start a process, more so several of them. */
const START_MS = 250_000;

/** How a process ended: its exit code, or the signal that ended it. */
export type Ending = [code: number | null, signal: NodeJS.Signals | null];

/** The service as it is started for real: the built program in a process of its own. */
export class Service {
  readonly process: ChildProcess;
  readonly lines: string[] = [];
  errors = '';
  port = 0;
  private readonly exit: Promise<Ending>;
  /** Emits `news` for a new line of the log and for the end of the process. */
  private readonly log = new EventEmitter();

  /**
   * @param preload source of a module that the process runs before the program
   * @param stdout where its log goes: `lines`, a file descriptor, or to us who do not read it
   */
  constructor(
    environment: Record<string, string>,
    preload?: string,
    stdout: 'lines' | 'unread' | number = 'lines',
  ) {
    const NODE_OPTIONS = preload && `--import data:text/javascript,${encodeURIComponent(preload)}`;
    const { MODEL_POLL_MS, ...quiet } = quietSettings;
    const own = { PATH: process.env.PATH, OUTCOMES_URL: temporaryStore() };
    const env = { ...own, ...quiet, ...environment };
    this.process = spawn(process.execPath, [join(__dirname, '../dist/main.js')], {
      env: { ...env, ...(NODE_OPTIONS && { NODE_OPTIONS }) },
      stdio: ['ignore', typeof stdout === 'number' ? stdout : 'pipe', 'pipe'],
    });
    // All that it wrote is read by `close`, which comes only if somebody reads.
    const end = stdout === 'lines' ? 'close' : 'exit';
    this.exit = once(this.process, end) as Promise<Ending>;
    if (stdout === 'lines') {
      createInterface(this.process.stdout!).on('line', (line) => {
        this.lines.push(line);
        this.log.emit('news');
      });
    }
    this.process.stderr!.setEncoding('utf8').on('data', (text) => (this.errors += text));
    this.process.on('close', () => this.log.emit('news'));
  }

  /** Waits for the log to have `count` lines with `part`, and gives the last of them. */
  async logged(part: string, count = 1): Promise<Record<string, unknown>> {
    for (;;) {
      const lines = this.lines.filter((text) => text.includes(part));
      if (lines.length >= count) return JSON.parse(lines[count - 1]);
      const { exitCode, signalCode } = this.process;
      if (exitCode !== null || signalCode !== null) {
        throw new Error(`ended without "${part}" in its log\n${this.errors}`);
      }
      const news = once(this.log, 'news');
      const missing = (): string =>
        `"${part}" ${count} times in the log, which ends\n${this.lines.slice(-12).join('\n')}\n${this.errors}`;
      await within(missing, news, START_MS);
    }
  }

  /** Waits until it serves. */
  async up(): Promise<this> {
    this.port = Number((await this.logged('AdScale is up')).port);
    return this;
  }

  /** Waits for the process to end. */
  ended(): Promise<Ending> {
    const what = `the end of the service, whose log ends ${this.lines.at(-1)}`;
    return within(what, this.exit, START_MS);
  }

  kill(signal: NodeJS.Signals): void {
    this.process.kill(signal);
  }

  ask(path: string, agent?: Agent): ClientRequest {
    const method = path === '/predict_ctr' ? 'POST' : 'GET';
    const headers = method === 'POST' ? { 'content-type': 'application/json' } : {};
    return request({ port: this.port, host: '127.0.0.1', path, method, headers, agent });
  }

  async status(path: string): Promise<number> {
    const asked = within(`an answer of ${path}`, once(this.ask(path).end(), 'response'));
    const [answer] = (await asked) as [IncomingMessage];
    answer.resume();
    return answer.statusCode!;
  }

  /** Sends a part of a prediction's request, and waits until the service has begun with it. */
  async begin(agent?: Agent): Promise<BegunRequest> {
    const body = JSON.stringify(sample);
    const sent = this.ask('/predict_ctr', agent).on('error', () => {});
    // The service says so once it has read the head of the request.
    sent.setHeader('expect', '100-continue').setHeader('content-length', body.length);
    sent.flushHeaders();
    await within('the service to begin with a request', once(sent, 'continue'));
    sent.write(body.slice(0, 10));
    const answered = async () => {
      const response = within('the answer to a slow request', once(sent, 'response'));
      const [answer] = (await response) as [IncomingMessage];
      return answer.resume();
    };
    const finish = () => {
      sent.end(body.slice(10));
      return answered();
    };
    return { answered, finish };
  }
}

/** A request that the service is in the middle of. */
export interface BegunRequest {
  /** Gives the answer to what was sent so far. */
  readonly answered: () => Promise<IncomingMessage>;
  /** Sends the rest and gives the answer. */
  readonly finish: () => Promise<IncomingMessage>;
}
