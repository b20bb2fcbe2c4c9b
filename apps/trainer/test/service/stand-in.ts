import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { Registry } from '@adscale/ctr';

/** An outcome as it was sent. */
export interface ReceivedOutcome {
  readonly key: string;
  readonly record: Record<string, unknown>;
  readonly period: string;
  readonly impressions: number;
  readonly clicks: number;
  readonly [field: string]: unknown;
}

/** An answer instead of the usual one. */
export interface Refusal {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

/** What a request was. */
export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly key: string | undefined;
  readonly body: string;
}

/**
 * A service as far as the commands ask one, true to the contract of apps/api and without its store: for
 * answers that a real one gives only when something is wrong with it.
 */
export class StandIn {
  readonly asked: Asked[] = [];
  readonly outcomes = new Map<string, ReceivedOutcome>();
  private readonly replaced = new Set<string>();
  /** Answers to the next requests. */
  readonly refusals: Refusal[] = [];
  /** What is wrong with an outcome, if anything. */
  check: (outcome: ReceivedOutcome) => string | undefined = () => undefined;
  /** Lines of `GET /outcomes`: a cell for each outcome. */
  cells = (): object[] => {
    const cells = Array.from(this.outcomes.values(), ({ period, ...outcome }) => {
      return { day: period, unseen: [], ...outcome };
    });
    return [...cells, { end: true, cells: cells.length }];
  };
  /** Called before `GET /outcomes` is answered, which waits for it. */
  hold: (() => Promise<void>) | undefined;
  /** Those that are finished. */
  experiments: readonly object[] | undefined;
  canary: object | null = null;
  /** How the latest gated trial of a version stands, by version. */
  readonly trials = new Map<string, string>();
  /** What `GET /decisions/{id}` answers. */
  readonly decisions = new Map<string, object>();
  /** What `PUT /models/canary` answers instead. */
  canaryRefusal: Refusal | undefined;

  private constructor(
    private readonly registry: Registry,
    private readonly server: ReturnType<typeof createServer>,
  ) {}

  static async start(models: string): Promise<StandIn> {
    const server = createServer();
    const standIn = new StandIn(new Registry(models), server);
    server.on('request', (request, response) => void standIn.answer(request, response));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return standIn;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '', headers } = request;
    const body = await text(request);
    this.asked.push({ method, path: url, key: headers['x-api-key'] as string, body });
    const refusal = this.refusals.shift();
    if (refusal !== undefined) return send(response, refusal);
    const path = url.split('?')[0];
    if (method === 'POST' && path === '/outcomes')
      return send(response, this.take(body, url.includes('check=true')));
    if (method === 'PUT' && path === '/models/canary') {
      if (this.canaryRefusal !== undefined) return send(response, this.canaryRefusal);
      this.canary = JSON.parse(body) as object;
      return send(response, json({ canary: this.canary }));
    }
    if (method === 'GET' && path === '/outcomes') {
      await this.hold?.();
      const lines = Array.from(this.cells(), (cell) => `${JSON.stringify(cell)}\n`);
      return send(response, { status: 200, body: lines.join('') });
    }
    if (method === 'GET' && path === '/experiments' && this.experiments !== undefined) {
      // Pages of one.
      const [, after = '0'] = /after=(\d+)/.exec(url) ?? [];
      const next = Number(after) + 1;
      const experiments = this.experiments.slice(Number(after), next);
      const isLast = next >= this.experiments.length;
      return send(response, json({ experiments, next: isLast ? null : String(next) }));
    }
    const decision = this.decisions.get(path.replace('/decisions/', ''));
    if (method === 'GET' && decision !== undefined) return send(response, json(decision));
    if (method === 'GET' && path === '/models') {
      const serving = (await this.registry.current()) ?? null;
      return send(response, json({ serving, canary: this.canary }));
    }
    const [, tried] = /^\/models\/([^/]+)\/trial$/.exec(path) ?? [];
    if (method === 'GET' && tried !== undefined) {
      const status = this.trials.get(tried);
      const none = { code: 'NO_TRIAL', title: 'There is no gated trial' };
      return send(response, status === undefined ? problem(404, none) : json({ status }));
    }
    if (method === 'GET' && path.startsWith('/models/')) {
      return send(response, json(await this.registry.card(path.slice('/models/'.length))));
    }
    return send(response, problem(404, { title: 'Not found', detail: `${path} is no route.` }));
  }

  private take(body: string, isCheck: boolean): Refusal {
    const counts = { accepted: 0, new: 0, restated: 0, unchanged: 0, outdated: 0, alike: 0 };
    const kept = new Set(Array.from(this.outcomes.values(), figuresOf));
    const rejected: { index: number; errors: { field: string; message: string }[] }[] = [];
    const sent = body.trim().split('\n');
    for (const [index, line] of sent.entries()) {
      const outcome = JSON.parse(line) as ReceivedOutcome;
      const message = this.check(outcome);
      if (message !== undefined) {
        rejected.push({ index, errors: [{ field: 'clicks', message }] });
        continue;
      }
      const before = this.outcomes.get(outcome.key);
      counts.accepted++;
      if (before === undefined) {
        counts.new++;
        if (kept.has(figuresOf(outcome))) counts.alike++;
      } else if (JSON.stringify(before) === line) counts.unchanged++;
      else if (this.replaced.has(line)) {
        counts.unchanged++;
        counts.outdated++;
        continue;
      } else counts.restated++;
      if (isCheck) continue;
      if (before !== undefined) this.replaced.add(JSON.stringify(before));
      this.outcomes.set(outcome.key, outcome);
    }
    const failed = rejected.length;
    if (failed < sent.length) {
      return json({ ...counts, failed, rejected: rejected.slice(0, MOST_TOLD) });
    }
    // A refusal of all has no list: fields are named by the place of their outcome.
    const errors = rejected.flatMap(({ index, errors: [{ field, message }] }) => {
      const name = `[${index}].${field}`;
      return [{ field: name, message: message.replace(field, name) }];
    });
    const told = errors.slice(0, MOST_ERRORS);
    return problem(422, { code: 'INVALID_OUTCOMES', title: 'Not usable', errors: told });
  }
}

const figuresOf = ({ period, record, impressions, clicks }: ReceivedOutcome): string =>
  JSON.stringify([period, record, impressions, clicks]);

/** Refusals that an answer lists, and those of a refusal of all. */
const MOST_TOLD = 100;
const MOST_ERRORS = 20;

const json = (document: object): Refusal => ({ status: 200, body: JSON.stringify(document) });

export function problem(status: number, document: object): Refusal {
  const headers = { 'content-type': 'application/problem+json' };
  return { status, headers, body: JSON.stringify({ status, ...document }) };
}

function send(response: ServerResponse, { status, headers, body }: Refusal): void {
  response.writeHead(status, headers).end(body);
}
