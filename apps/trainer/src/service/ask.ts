/*
 * How commands ask a running service. A question is answered, refused in words, or asked again:
 *
 *   nobody answers            at first: said so. Later on: it is being restarted, asked again
 *   429, 503                  asked again after `retry-after`, or after a growing while
 *   401, 403                  the key is wrong, or may not do this
 *   any other problem         told as the service tells it (RFC 9457), with its fields
 *
 * Asking again is bounded by LONGEST_WAIT. Whatever is asked here does the same when it is asked
 * twice: outcomes are known by their content, and a trial is put, not added.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { InputError, RefusedError } from '../cli/exit.js';
import { linesOf } from './lines.js';
import { problemIn, tellProblem, type Problem } from './problem.js';

/** Where a service is, and by what key it is asked. */
export interface ServiceFlags {
  readonly url: string;
  readonly key?: string;
}

/** Adds `--url` and `--key`, of every command that asks a running service. */
export function addServiceFlags(command: Command): Command {
  return command
    .addOption(
      new Option('--url <url>', 'the running service')
        .env('ADSCALE_URL')
        .default('http://127.0.0.1:8000')
        .argParser(address),
    )
    .addOption(new Option('--key <key>', 'API key, where it wants one').env('ADSCALE_API_KEY'));
}

function address(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new InvalidArgumentError('wanted a URL such as http://127.0.0.1:8000.');
  }
  if (url.username !== '' || url.password !== '') {
    throw new InvalidArgumentError('wanted a URL without a password; a key goes into --key.');
  }
  return text.replace(/\/+$/, '');
}

/** The service answered, and refused. */
export class ServiceError extends RefusedError {
  constructor(
    readonly status: number,
    readonly problem: Problem,
    message: string,
  ) {
    super(message);
  }
}

/** How a service waits; tests have time of their own. */
export interface AskClock {
  sleep(ms: number, signal: AbortSignal): Promise<unknown>;
}

const systemClock: AskClock = { sleep: (ms, signal) => sleep(ms, undefined, { signal }) };

/** Milliseconds that one question may wait in all before it counts as refused. */
const LONGEST_WAIT = 60_000;
/** Milliseconds before the second try, where the service does not say; doubled with each. */
const FIRST_WAIT = 500;
const AGAIN: ReadonlySet<number> = new Set([429, 503]);

const NDJSON = 'application/x-ndjson';

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

/** What is sent, and what is wanted back. */
interface Question {
  readonly method: Method;
  readonly body?: string;
  readonly type?: string;
  readonly accept: string;
}

/** A running service. */
export class Service {
  private reached = false;

  constructor(
    private readonly flags: ServiceFlags,
    private readonly signal: AbortSignal,
    private readonly clock: AskClock = systemClock,
  ) {}

  /** What it is called in messages. */
  get name(): string {
    return this.flags.url;
  }

  /**
   * The JSON that the service answers.
   * @param path from the root, with its query
   * @throws ServiceError if it refuses; RefusedError if it cannot be reached; InputError for a wrong key
   */
  get<T = unknown>(path: string): Promise<T> {
    return this.json<T>(path, { method: 'GET', accept: 'application/json' });
  }

  /** The same of a call with a body of JSON, or none. @throws as `get` */
  send<T = unknown>(method: Method, path: string, body?: unknown): Promise<T> {
    const sent = body === undefined ? {} : { body: JSON.stringify(body), type: 'application/json' };
    return this.json<T>(path, { method, accept: 'application/json', ...sent });
  }

  /**
   * Sends values as lines of JSON in one request. The next ones are to be made when this has been
   * answered, so that a sender is never ahead of the service.
   * @throws as `get`
   */
  sendLines<T = unknown>(path: string, values: readonly unknown[]): Promise<T> {
    const body = values.map((value) => `${JSON.stringify(value)}\n`).join('');
    return this.json<T>(path, { method: 'POST', accept: 'application/json', body, type: NDJSON });
  }

  /**
   * The lines of JSON that the service answers, one by one. It is read as far as the lines are taken:
   * who takes them slowly slows the service down.
   * @throws as `get`; RefusedError if the answer breaks off
   */
  async *lines<T = unknown>(path: string): AsyncGenerator<T> {
    const response = await this.ask(path, { method: 'GET', accept: NDJSON });
    yield* linesOf<T>(response, this.signal, `${this.name}: GET ${path}`);
  }

  private async json<T>(path: string, question: Question): Promise<T> {
    const response = await this.ask(path, question);
    const text = await response.text();
    try {
      return JSON.parse(text) as T;
    } catch (cause) {
      const { method } = question;
      const message = `${this.name}: ${method} ${path}: got no JSON; is this the AdScale service?`;
      throw new RefusedError(message, { cause });
    }
  }

  private async ask(path: string, question: Question): Promise<Response> {
    let waited = 0;
    for (let tries = 0; ; tries++) {
      const response = await this.try(path, question);
      if (response?.ok) return response;
      const wait = waitOf(response) ?? FIRST_WAIT * 2 ** tries;
      waited += wait;
      const isAgain = response === undefined || AGAIN.has(response.status);
      if (!isAgain || waited > LONGEST_WAIT) throw await this.refusal(path, question, response);
      await response?.body?.cancel();
      await this.clock.sleep(wait, this.signal);
    }
  }

  /** @returns undefined if a service that has answered before does not now */
  private async try(
    path: string,
    { method, body, type, accept }: Question,
  ): Promise<Response | undefined> {
    const { url, key } = this.flags;
    this.signal.throwIfAborted();
    try {
      const response = await fetch(url + path, {
        method,
        body,
        headers: {
          accept,
          ...(type !== undefined && { 'content-type': type }),
          ...(key && { 'x-api-key': key }),
        },
        signal: this.signal,
        redirect: 'error',
      });
      this.reached = true;
      return response;
    } catch (cause) {
      this.signal.throwIfAborted();
      if (this.reached) return undefined;
      throw unreachable(url, cause);
    }
  }

  private async refusal(
    path: string,
    { method }: Question,
    response: Response | undefined,
  ): Promise<Error> {
    const { url, key } = this.flags;
    if (response === undefined) {
      return new RefusedError(`${url} does not answer any more: is it being restarted?`);
    }
    const problem = problemIn(await response.text());
    const told = `${url}: ${method} ${path}: ${response.status} ${tellProblem(problem)}`;
    if (response.status === 401) {
      return new InputError(key ? told : `${told}; give one by --key or ADSCALE_API_KEY`);
    }
    if (response.status === 403) return new InputError(told);
    return new ServiceError(response.status, problem, told);
  }
}

function unreachable(url: string, error: unknown): RefusedError {
  const { cause } = error as { cause?: NodeJS.ErrnoException };
  const why = cause?.code ?? cause?.message ?? (error as Error).message;
  return new RefusedError(
    `${url} cannot be reached (${why}): is the service running? Another one by --url`,
    { cause: error },
  );
}

/** Milliseconds that the service asks to wait: a number of seconds, or a moment. */
function waitOf(response: Response | undefined): number | undefined {
  const told = response?.headers.get('retry-after');
  if (told === null || told === undefined) return undefined;
  const seconds = /^\d+$/.test(told) ? Number(told) : (Date.parse(told) - Date.now()) / 1000;
  return Number.isNaN(seconds) ? undefined : 1000 * Math.max(0.1, seconds);
}
