/*
 * The busiest routes are answered before the frame: what Fastify and Nest do for a request costs more
 * than the prediction, the gate, the statistics and the log line together.
 *
 *   request ──▶ is it plain? ──no──▶ the frame, which answers everything
 *                  │ yes
 *                  ▼
 *               gate ──▶ body ──▶ JSON ──▶ the route's `plain` ──▶ answer ──▶ count, log line
 *
 * Nothing of a request is consumed before it is known to be plain. Every step is the function that the
 * frame's hooks call as well, so both doors give the same answers (test/door holds them equal).
 */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { FastifyInstance, RouteOptions } from 'fastify';
import { closeIfUnread } from '../connections.js';
import {
  MODEL_VERSION,
  REQUEST_ID,
  type RequestRecorder,
  type RouteRecord,
  requestId,
} from '../logging/request-hooks.js';
import { type ProblemCode, catalogue } from '../problem/catalogue.js';
import type { ProblemFilter } from '../problem/filter.js';
import { type ProblemOccurrence, problemText } from '../problem/problem.js';
import type { PlainHandler, RouteRules } from '../record/route-rules.js';
import type { Gate, Refusal } from '../security/gate.js';
import { DATA_HEADERS } from '../security/headers.js';
import type { Scope } from '../security/scopes.js';
import { type JsonReader, collectBody, jsonReader } from './body.js';

/** What the door calls, as the frame's hooks do. */
export interface DoorParts {
  readonly gate: Gate;
  readonly recorder: RequestRecorder;
  readonly filter: ProblemFilter;
}

/** A route that the door answers. */
interface DoorRoute {
  readonly path: string;
  readonly plain: PlainHandler;
  readonly scope: Scope | undefined;
  readonly record: RouteRecord;
  /** Most bytes of a body. */
  readonly bodyLimit: number;
}

/** A request that the door answers. */
interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly route: DoorRoute;
  readonly id: string;
  /** Of the model that answered, if one did. */
  modelVersion?: string;
}

/** Texts of the header that are JSON to the frame, too; it knows others, and what is none. */
const JSON_TYPES = new Set([
  'application/json',
  'application/json; charset=utf-8',
  'application/json;charset=utf-8',
  'application/json; charset=UTF-8',
  'application/json;charset=UTF-8',
]);
/** A request with one of these asks for more than a plain one. */
const NOT_PLAIN = [
  'transfer-encoding',
  'content-encoding',
  'expect',
  'origin',
  'x-server-timing',
] as const;

const STATIC_HEADERS = DATA_HEADERS.flat();
const BROKEN_BODY = ['connection', 'close'];
const PROBLEM_TYPE = 'application/problem+json; charset=utf-8';

/** Answers plain requests to the routes that are made for it, and hands on all others. */
export class Door {
  private readonly routes = new Map<string, DoorRoute>();
  private readonly frame: RequestListener;
  private readonly readJson: JsonReader;

  /**
   * To be made before the first route is added, and after the hooks that add to a route's
   * configuration.
   */
  constructor(
    fastify: FastifyInstance,
    private readonly parts: DoorParts,
  ) {
    this.frame = fastify.routing;
    this.readJson = jsonReader(fastify);
    const { bodyLimit } = fastify.initialConfig;
    fastify.addHook('onRoute', (route) => this.add(route, bodyLimit!));
  }

  /** Answers any request, itself or through the frame. */
  readonly listener: RequestListener = (request, response) => {
    const route = request.method === 'POST' ? this.routes.get(request.url!) : undefined;
    if (route === undefined) return this.frame(request, response);
    if (!isPlain(request, route.bodyLimit)) return this.frame(request, response);
    this.begin({ request, response, route, id: requestId(request) });
  };

  private add(options: RouteOptions, defaultLimit: number): void {
    const { method, url, config, bodyLimit = defaultLimit } = options;
    const { plain, scope, ...record } = (config ?? {}) as RouteRules &
      RouteRecord & { readonly scope?: Scope };
    if (plain === undefined || method !== 'POST') return;
    this.routes.set(url, { path: url, plain, scope, record, bodyLimit });
  }

  private begin(exchange: Exchange): void {
    const { request, response, route } = exchange;
    const start = performance.now();
    response.on('finish', () => this.record(exchange, performance.now() - start));
    const settled = (refusal: Refusal | undefined): void => {
      if (refusal !== undefined) return this.refuse(exchange, refusal.code, refusal);
      collectBody(request, (body) => this.answer(exchange, body));
    };
    const refusal = this.parts.gate.refusal(request, response, route, route.bodyLimit);
    if (refusal instanceof Promise) void refusal.then(settled);
    else settled(refusal);
  }

  private answer(exchange: Exchange, body: Buffer): void {
    let record: unknown;
    try {
      record = this.readJson(body);
    } catch (error) {
      return this.fail(exchange, error, BROKEN_BODY);
    }
    const { response, route } = exchange;
    try {
      const answer = route.plain(record, () => response.destroyed);
      if (!(answer instanceof Promise)) this.send(exchange, 200, answer.headers, answer.text);
      else {
        answer.then(
          ({ headers, text }) => this.send(exchange, 200, headers, text),
          (error: unknown) => this.fail(exchange, error),
        );
      }
    } catch (error) {
      this.fail(exchange, error);
    }
  }

  private fail(exchange: Exchange, error: unknown, headers: readonly string[] = []): void {
    const { code, occurrence } = this.parts.filter.problemOf(error, exchange.id);
    this.refuse(exchange, code, occurrence, headers);
  }

  private refuse(
    exchange: Exchange,
    code: ProblemCode,
    occurrence: ProblemOccurrence,
    more: readonly string[] = [],
  ): void {
    closeIfUnread(exchange.request, exchange.response);
    const own = Object.entries(occurrence.headers ?? {}).flat();
    const headers = [...own, ...more, 'content-type', PROBLEM_TYPE];
    const text = problemText(code, occurrence, exchange.id);
    this.send(exchange, catalogue[code].status, headers, text);
  }

  private send(exchange: Exchange, status: number, own: readonly string[], text: string): void {
    const { response, id } = exchange;
    const version = own.indexOf(MODEL_VERSION);
    if (version >= 0) exchange.modelVersion = own[version + 1];
    // The client is gone.
    if (response.destroyed) return;
    const length = String(Buffer.byteLength(text));
    const headers = [...STATIC_HEADERS, REQUEST_ID, id, ...own, 'content-length', length];
    response.writeHead(status, headers).end(text);
  }

  private record(exchange: Exchange, milliseconds: number): void {
    const { request, response, route, id, modelVersion } = exchange;
    const { path, record } = route;
    const { method } = request;
    const { statusCode: status } = response;
    const { headers } = request;
    const said = { id, method: method!, path, status, milliseconds, headers, modelVersion };
    this.parts.recorder.record(record, said);
  }
}

/** Whether a request says that it is JSON of so many bytes, at least one, and asks for nothing else. */
function isPlain({ headers }: IncomingMessage, limit: number): boolean {
  if (!JSON_TYPES.has(headers['content-type']!)) return false;
  for (let i = 0; i < NOT_PLAIN.length; i++) if (headers[NOT_PLAIN[i]] !== undefined) return false;
  const length = Number(headers['content-length']);
  return length > 0 && length <= limit;
}
