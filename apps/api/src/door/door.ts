/*
 * The busiest routes are answered before the frame: what Fastify and Nest do for a request costs more
 * than the prediction, the gate, the statistics and the log line together.
 *
 *   request ──▶ is it plain? ──no──▶ the frame, which answers everything
 *                  │ yes
 *                  ▼
 *               gate ──▶ body ──▶ JSON ──▶ the route's `plain` ──▶ answer ──▶ count, log line
 *
 * A request comes by Node's parser (here) or, if its bytes come in one piece, by `wire.ts`, which needs
 * no parser. Nothing of it is consumed before it is known to be plain. Every step is the function that
 * the frame's hooks call as well, so all ways give the same answers (test/door holds them equal).
 */
import type {
  IncomingHttpHeaders,
  IncomingMessage,
  RequestListener,
  ServerResponse,
} from 'node:http';
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
  /** Most objects and arrays in a JSON body. */
  readonly mostParts: number;
}

/** A route that the door answers. */
export interface DoorRoute {
  readonly path: string;
  readonly plain: PlainHandler;
  readonly scope: Scope | undefined;
  readonly record: RouteRecord;
  /** Most bytes of a body. */
  readonly bodyLimit: number;
}

/** A request that the door answers, whichever way it came. */
export interface Exchange {
  readonly route: DoorRoute;
  readonly headers: IncomingHttpHeaders;
  readonly id: string;
  /** Of the model that answered, if one did. */
  modelVersion?: string;
  /** Whether nobody waits for the answer any more. */
  readonly isGone: () => boolean;
  /** To be called before a refusal is sent: makes it the last answer if the body is still coming. */
  closeIfUnread(): void;
  /**
   * Sends the answer, which is the only one.
   * @param headers names and values in turn, with type and length
   * @param length bytes of the text
   */
  send(status: number, headers: readonly string[], text: string, length: number): void;
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

/** Doors by the frame that they stand before. */
const doors = new WeakMap<FastifyInstance, Door>();

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
    readonly parts: DoorParts,
  ) {
    this.frame = fastify.routing;
    this.readJson = jsonReader(fastify, parts.mostParts);
    const { bodyLimit } = fastify.initialConfig;
    fastify.addHook('onRoute', (route) => this.add(route, bodyLimit!));
    doors.set(fastify, this);
  }

  /** The door before a frame, if it has one. */
  static of(fastify: FastifyInstance): Door | undefined {
    return doors.get(fastify);
  }

  /** Answers any request that Node has parsed, itself or through the frame. */
  readonly listener: RequestListener = (request, response) => {
    const { method, url, headers } = request;
    const route = method === 'POST' ? this.routeFor(url!, headers) : undefined;
    if (route === undefined) return this.frame(request, response);
    this.begin(route, request, response);
  };

  /** The route that answers POST requests with this address and head; undefined if the frame does. */
  routeFor(url: string, headers: IncomingHttpHeaders): DoorRoute | undefined {
    const route = this.routes.get(url);
    return route !== undefined && isPlain(headers, route.bodyLimit) ? route : undefined;
  }

  /** Answers a request that the gate has let in. */
  answer(exchange: Exchange, body: string): void {
    let record: unknown;
    try {
      record = this.readJson(body);
    } catch (error) {
      return this.fail(exchange, error, BROKEN_BODY);
    }
    try {
      const answer = exchange.route.plain(record, exchange.isGone);
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

  /** Answers a request with a problem. */
  refuse(
    exchange: Exchange,
    code: ProblemCode,
    occurrence: ProblemOccurrence,
    more: readonly string[] = [],
  ): void {
    exchange.closeIfUnread();
    const own = Object.entries(occurrence.headers ?? {}).flat();
    const headers = [...own, ...more, 'content-type', PROBLEM_TYPE];
    const text = problemText(code, occurrence, exchange.id);
    this.send(exchange, catalogue[code].status, headers, text);
  }

  /** Counts and logs a request whose answer has left. */
  record(exchange: Exchange, status: number, milliseconds: number): void {
    const { route, id, headers, modelVersion } = exchange;
    const { path, record } = route;
    const said = { id, method: 'POST', path, status, milliseconds, headers, modelVersion };
    this.parts.recorder.record(record, said);
  }

  private add(options: RouteOptions, defaultLimit: number): void {
    const { method, url, config, bodyLimit = defaultLimit } = options;
    const { plain, scope, ...record } = (config ?? {}) as RouteRules &
      RouteRecord & { readonly scope?: Scope };
    if (plain === undefined || method !== 'POST') return;
    this.routes.set(url, { path: url, plain, scope, record, bodyLimit });
  }

  private begin(route: DoorRoute, request: IncomingMessage, response: ServerResponse): void {
    const start = performance.now();
    const exchange = new ParsedExchange(route, request, response);
    response.on('finish', () =>
      this.record(exchange, response.statusCode, performance.now() - start),
    );
    const settled = (refusal: Refusal | undefined): void => {
      if (refusal !== undefined) return this.refuse(exchange, refusal.code, refusal);
      collectBody(request, (body) => this.answer(exchange, body.toString()));
    };
    const refusal = this.parts.gate.refusal(request, response, route, route.bodyLimit);
    if (refusal instanceof Promise) void refusal.then(settled);
    else settled(refusal);
  }

  private fail(exchange: Exchange, error: unknown, headers: readonly string[] = []): void {
    const { code, occurrence } = this.parts.filter.problemOf(error, exchange.id);
    this.refuse(exchange, code, occurrence, headers);
  }

  private send(exchange: Exchange, status: number, own: readonly string[], text: string): void {
    const version = own.indexOf(MODEL_VERSION);
    if (version >= 0) exchange.modelVersion = own[version + 1];
    if (exchange.isGone()) return;
    exchange.send(status, own, text, Buffer.byteLength(text));
  }
}

/** A request that Node's parser has read. */
class ParsedExchange implements Exchange {
  readonly headers: IncomingHttpHeaders;
  readonly id: string;
  modelVersion: string | undefined;

  constructor(
    readonly route: DoorRoute,
    private readonly request: IncomingMessage,
    private readonly response: ServerResponse,
  ) {
    this.headers = request.headers;
    this.id = requestId(request);
  }

  readonly isGone = (): boolean => this.response.destroyed;

  closeIfUnread(): void {
    closeIfUnread(this.request, this.response);
  }

  send(status: number, own: readonly string[], text: string, length: number): void {
    const headers = [...STATIC_HEADERS, REQUEST_ID, this.id, ...own];
    headers.push('content-length', String(length));
    this.response.writeHead(status, headers).end(text);
  }
}

/** Whether a head says that JSON of so many bytes follows, at least one, and asks for nothing else. */
function isPlain(headers: IncomingHttpHeaders, limit: number): boolean {
  if (!JSON_TYPES.has(headers['content-type']!)) return false;
  for (let i = 0; i < NOT_PLAIN.length; i++) if (headers[NOT_PLAIN[i]] !== undefined) return false;
  const length = Number(headers['content-length']);
  return length > 0 && length <= limit;
}
