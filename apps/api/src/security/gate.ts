import type { Counter } from '@adscale/stats';
import type { ServerResponse } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Admission, Ticket } from '../overload/admission.js';
import { countedBody } from '../overload/counted-body.js';
import type { ProblemCode } from '../problem/catalogue.js';
import { ProblemError, type ProblemOccurrence, sendProblem } from '../problem/problem.js';
import { type ApiKey, findApiKey } from './api-keys.js';
import { DATA_HEADERS, PAGE_HEADERS } from './headers.js';
import type { RateLimiter } from './rate-limit.js';
import type { Scope } from './scopes.js';

/** What the gate reads of a route's configuration. */
interface RouteRules {
  readonly scope?: Scope;
  readonly quiet?: boolean;
  /** The body is read line by line, so it is never held as a whole. */
  readonly lines?: boolean;
  /** Answered with events, which have no end: their clients have a bound of their own. */
  readonly events?: boolean;
}

/** Everything that can turn a request away before its body is read. */
export interface Gatekeepers {
  readonly admission: Admission;
  readonly limiter: RateLimiter;
  readonly keys: readonly ApiKey[];
  /** Count what was turned away. */
  readonly shed: Counter;
  readonly limited: Counter;
}

const RETRY_SOON = { 'retry-after': '1' };
const NO_ROOM: ProblemOccurrence = {
  detail: 'The bodies of other requests take up MAX_IN_FLIGHT_BYTES. Wait for the seconds in Retry-After.',
  headers: RETRY_SOON,
};

/**
 * Lets requests in, or says why not, cheapest check first:
 *
 * ```
 * too much to do? 503 ─▶ whose key? ─▶ too many of theirs? 429 ─▶ may they? 401, 403
 *                                                  ─▶ room for the body? 503 ─▶ in
 * ```
 * Health checks pass always. Hooks of Fastify rather than guards of Nest: they run before the body
 * is read and cost a tenth.
 */
export function addGate(fastify: FastifyInstance, gatekeepers: Gatekeepers): void {
  const { admission, limiter, keys, shed, limited } = gatekeepers;
  fastify.addHook('onRequest', (request, reply, done) => {
    addStaticHeaders(request, reply);
    const rules = request.routeOptions.config as RouteRules;
    if (rules.quiet) return done();
    const ticket = admission.enter(reply.raw);
    if (ticket === undefined) {
      shed.increment();
      return sendProblem(reply, 'OVERLOADED', { headers: RETRY_SOON });
    }
    const presented = presentedKey(request);
    const key = presented === undefined ? undefined : findApiKey(keys, presented);
    const wait = limiter.admit(key === undefined ? `address ${request.ip}` : `key ${key.name}`);
    if (wait > 0) {
      limited.increment();
      return sendProblem(reply, 'RATE_LIMITED', { headers: { 'retry-after': String(wait) } });
    }
    const refusal = refusalFor(rules.scope, keys, key);
    if (refusal !== undefined) {
      const headers = refusal === 'API_KEY_REQUIRED' ? { 'www-authenticate': 'Bearer' } : undefined;
      return sendProblem(reply, refusal, { headers });
    }
    if (rules.events) {
      ticket.giveBack();
      // What follows on the connection would wait for ever.
      reply.raw.shouldKeepAlive = false;
    }
    if (rules.lines || request.headers['transfer-encoding'] !== undefined) {
      tickets.set(reply.raw, ticket);
      return done();
    }
    if (ticket.reserve(announcedBytes(request))) return done();
    shed.increment();
    return sendProblem(reply, 'OVERLOADED', NO_ROOM);
  });
  countUnannounced(fastify, shed);
}

/** Tickets of requests whose body takes an unknown number of bytes. */
const tickets = new WeakMap<ServerResponse, Ticket>();

/** Holds room for the lines of a stream; see `Ticket.reserve`. */
export function roomFor({ raw }: FastifyReply): (bytes: number) => boolean {
  return (bytes) => tickets.get(raw)?.reserve(bytes) ?? true;
}

/** Counts bodies that come in chunks, as they come. */
function countUnannounced(fastify: FastifyInstance, shed: Counter): void {
  const refusal = () => {
    shed.increment();
    return new ProblemError('OVERLOADED', NO_ROOM);
  };
  fastify.addHook('preParsing', (request, reply, payload, done) => {
    const { lines } = request.routeOptions.config as RouteRules;
    const ticket = lines ? undefined : tickets.get(reply.raw);
    done(null, ticket === undefined ? payload : countedBody(payload, ticket, refusal));
  });
}

/** Bytes of a body as its head says; 0 when it does not, or when it is more than the route takes. */
function announcedBytes({ headers, routeOptions }: FastifyRequest): number {
  const bytes = Number(headers['content-length'] ?? 0);
  return bytes <= (routeOptions.bodyLimit ?? Infinity) ? bytes : 0;
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

function presentedKey({ headers }: FastifyRequest): string | undefined {
  const own = headers['x-api-key'];
  if (typeof own === 'string') return own;
  const { authorization } = headers;
  return authorization?.startsWith('Bearer ') ? authorization.slice('Bearer '.length) : undefined;
}

function addStaticHeaders(request: FastifyRequest, reply: FastifyReply): void {
  const headers = request.url.startsWith('/docs') ? PAGE_HEADERS : DATA_HEADERS;
  for (let i = 0; i < headers.length; i++) reply.header(headers[i][0], headers[i][1]);
}
