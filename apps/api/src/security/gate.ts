import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { Counter } from '@adscale/stats';
import proxyAddress from '@fastify/proxy-addr';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type Lines, isByLine } from '../by-line.js';
import type { Admission, Ticket } from '../overload/admission.js';
import { countedBody } from '../overload/counted-body.js';
import type { ProblemCode } from '../problem/catalogue.js';
import { ProblemError, type ProblemOccurrence, sendProblem } from '../problem/problem.js';
import { type ApiKey, bearerKey, findApiKey } from './api-keys.js';
import { DATA_HEADERS, PAGE_HEADERS } from './headers.js';
import { networkOf } from './network.js';
import type { Limiter } from './rate-limit.js';
import { SCOPES, type Scope } from './scopes.js';

/** What the gate reads of a route's configuration. */
export interface RouteRules {
  readonly scope?: Scope;
  readonly quiet?: boolean;
  /** The body is read line by line, so it is never held as a whole. */
  readonly lines?: Lines;
  /** Answered with events, which have no end: their clients have a bound of their own. */
  readonly events?: boolean;
}

/** Nest's name for the gatekeepers of an app. */
export const GATEKEEPERS = Symbol('gatekeepers');

/** Everything that can turn a request away before its body is read. */
export interface Gatekeepers {
  readonly admission: Admission;
  readonly limiter: Limiter;
  readonly keys: readonly ApiKey[];
  /** Count what was turned away. */
  readonly shed: Counter;
  readonly limited: Counter;
}

/** What of a request tells who sent it. */
export type Asking = Pick<IncomingMessage, 'headers' | 'socket'>;

/** Why a request is turned away. */
export interface Refusal extends ProblemOccurrence {
  readonly code: ProblemCode;
}

/** Why a request is turned away while there is too much to do. */
export const OVERLOADED: Refusal = { code: 'OVERLOADED', headers: { 'retry-after': '1' } };
const NO_ROOM: Refusal = {
  ...OVERLOADED,
  detail:
    'The bodies of other requests take up MAX_IN_FLIGHT_BYTES. Wait for the seconds in Retry-After.',
};

/**
 * Lets requests in, or says why not, cheapest check first:
 *
 * ```
 * too much to do? 503 ─▶ whose key? ─▶ too many of theirs? 429 ─▶ may they? 401, 403
 *                                                  ─▶ room for the body? 503 ─▶ in
 * ```
 * It looks at a request before its body is read, and needs nothing of the frame.
 */
export class Gate {
  private readonly isTrusted: (address: string, hop: number) => boolean;

  /** @param trustedProxies how many proxies in front may tell the client's address */
  constructor(
    private readonly keepers: Gatekeepers,
    trustedProxies: number,
  ) {
    this.isTrusted = (_address, hop) => hop < trustedProxies;
  }

  /**
   * Counts a request in until its response is over, unless it is turned away. At once, but for a
   * client whose requests other workers count as well.
   * @param rules of its route
   * @param bodyLimit most bytes of a body there
   */
  refusal(
    request: IncomingMessage,
    response: ServerResponse,
    rules: RouteRules,
    bodyLimit: number,
  ): Refusal | undefined | Promise<Refusal | undefined> {
    const ticket = this.enter(response);
    if (ticket === undefined) return OVERLOADED;
    const refusal = this.refusalOf(request, rules);
    const settled = (refusal: Refusal | undefined) =>
      refusal ?? this.admitBody(request, response, ticket, rules, bodyLimit);
    return refusal instanceof Promise ? refusal.then(settled) : settled(refusal);
  }

  /**
   * Counts a request in until its ticket is given back, or out if there is too much to do.
   * @param response whose end gives it back; undefined if that is done by hand
   */
  enter(response?: ServerResponse): Ticket | undefined {
    const ticket = this.keepers.admission.enter(response);
    if (ticket === undefined) this.keepers.shed.increment();
    return ticket;
  }

  /** Why a request that is counted in is turned away for who sent it, if it is. */
  refusalOf(request: Asking, { scope }: RouteRules): ReturnType<typeof refusalOf> {
    return refusalOf(this.keepers, request.headers, () => this.addressOf(request), scope);
  }

  /** Holds room for a body of so many bytes, or says that there is none. */
  refusalOfBody(ticket: Ticket, bytes: number): Refusal | undefined {
    if (ticket.reserve(bytes)) return undefined;
    this.keepers.shed.increment();
    return NO_ROOM;
  }

  /** Holds room for the body of a request, as far as its head tells how long it is. */
  private admitBody(
    { headers }: IncomingMessage,
    response: ServerResponse,
    ticket: Ticket,
    rules: RouteRules,
    bodyLimit: number,
  ): Refusal | undefined {
    if (rules.events) {
      ticket.giveBack();
      // What follows on the connection would wait for ever.
      response.shouldKeepAlive = false;
    }
    // Of a packed body the head does not tell what it will take.
    const { 'transfer-encoding': coding, 'content-encoding': packing } = headers;
    const isLines = isByLine(rules.lines, headers['content-type']);
    if (isLines || (coding ?? packing) !== undefined) {
      tickets.set(response, ticket);
      return undefined;
    }
    const bytes = Number(headers['content-length'] ?? 0);
    // What is more than the route takes is refused for that.
    return bytes > bodyLimit ? undefined : this.refusalOfBody(ticket, bytes);
  }

  /** What a body ends with when there is no more room for it. */
  noRoom(): ProblemError {
    this.keepers.shed.increment();
    return new ProblemError('OVERLOADED', NO_ROOM);
  }

  /** The client's, as far as the proxies in between are trusted. */
  private addressOf(request: Asking): string | undefined {
    // Most requests came through no proxy, and the list of proxies costs more than all else here.
    if (request.headers['x-forwarded-for'] === undefined) return request.socket.remoteAddress;
    return proxyAddress(request as IncomingMessage, this.isTrusted);
  }
}

/**
 * Has the gate look at whatever comes through the frame; health checks pass always. A hook of Fastify
 * rather than a guard of Nest: it runs before the body is read and costs a tenth.
 */
export function addGate(fastify: FastifyInstance, gate: Gate): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    addStaticHeaders(request, reply);
    const { config, bodyLimit = Infinity } = request.routeOptions;
    const rules = config as RouteRules;
    const settled = (refusal: Refusal | undefined) => {
      if (refusal === undefined) return done();
      return sendProblem(reply, refusal.code, refusal);
    };
    const refusal = rules.quiet
      ? undefined
      : gate.refusal(request.raw, reply.raw, rules, bodyLimit);
    if (refusal instanceof Promise) void refusal.then(settled);
    else settled(refusal);
  });
  // Bodies that come in chunks are counted as they come.
  fastify.addHook('preParsing', (request, reply, payload, done) => {
    const { lines } = request.routeOptions.config as RouteRules;
    const isLines = isByLine(lines, request.headers['content-type']);
    const ticket = isLines ? undefined : tickets.get(reply.raw);
    if (ticket === undefined) return done(null, payload);
    return done(
      null,
      countedBody(payload, ticket, () => gate.noRoom()),
    );
  });
}

/** Tickets of requests whose body takes an unknown number of bytes. */
const tickets = new WeakMap<ServerResponse, Ticket>();

/** Holds room for the lines of a stream; see `Ticket.reserve`. */
export function roomFor({ raw }: FastifyReply): (bytes: number) => boolean {
  return (bytes) => tickets.get(raw)?.reserve(bytes) ?? true;
}

/**
 * Whose key, how many of theirs, and may they: of a request that was admitted, whatever protocol it came
 * by. Counts it as the client's. At once, but for a client whose requests other workers count as well.
 * @param headers with its key, if it has one
 * @param addressOf gives the client's address; asked where it has no key
 * @param scope that it needs, if it needs one
 */
export function refusalOf(
  { limiter, keys, limited }: Gatekeepers,
  headers: IncomingHttpHeaders,
  addressOf: () => string | undefined,
  scope: Scope | undefined,
): Refusal | undefined | Promise<Refusal | undefined> {
  const key = keyOf(keys, headers);
  const client = key === undefined ? `address ${networkOf(addressOf() ?? '')}` : `key ${key.name}`;
  const settled = (wait: number): Refusal | undefined => {
    if (wait > 0) {
      limited.increment();
      return { code: 'RATE_LIMITED', headers: { 'retry-after': String(wait) } };
    }
    const code = refusalFor(scope, keys, key);
    if (code === 'API_KEY_REQUIRED') return { code, headers: { 'www-authenticate': 'Bearer' } };
    return code && { code };
  };
  const wait = limiter.admit(client);
  return wait === undefined ? limiter.settle(client).then(settled) : settled(wait);
}

/** Why a caller with this key, if any, may not use a route; undefined when they may. */
function refusalFor(
  scope: Scope | undefined,
  keys: readonly ApiKey[],
  key: ApiKey | undefined,
): ProblemCode | undefined {
  if (scope === undefined) return undefined;
  if (keys.length === 0) return scope === 'admin' ? 'ADMIN_CLOSED' : undefined;
  if (key === undefined) return 'API_KEY_REQUIRED';
  return key.scopes.includes(scope) ? undefined : 'SCOPE_MISSING';
}

/** The key that a request comes with; undefined if it has none, or one that is not known. */
export function keyOf(keys: readonly ApiKey[], headers: IncomingHttpHeaders): ApiKey | undefined {
  const presented = presentedKey(headers);
  return presented === undefined ? undefined : findApiKey(keys, presented);
}

/** What a caller with this key, if any, may do. */
export function scopesOf(keys: readonly ApiKey[], key: ApiKey | undefined): Scope[] {
  return SCOPES.filter((scope) => refusalFor(scope, keys, key) === undefined);
}

function presentedKey(headers: IncomingHttpHeaders): string | undefined {
  const own = headers['x-api-key'];
  if (typeof own === 'string') return own;
  const { authorization } = headers;
  return authorization === undefined ? undefined : bearerKey(authorization);
}

function addStaticHeaders(request: FastifyRequest, reply: FastifyReply): void {
  const headers = request.url.startsWith('/docs') ? PAGE_HEADERS : DATA_HEADERS;
  for (let i = 0; i < headers.length; i++) reply.header(headers[i][0], headers[i][1]);
}
