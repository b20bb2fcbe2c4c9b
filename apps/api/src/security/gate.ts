import type { Counter } from '@adscale/stats';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Admission } from '../overload/admission.js';
import type { ProblemCode } from '../problem/catalogue.js';
import { sendProblem } from '../problem/problem.js';
import { type ApiKey, findApiKey } from './api-keys.js';
import { DATA_HEADERS, PAGE_HEADERS } from './headers.js';
import type { RateLimiter } from './rate-limit.js';
import type { Scope } from './scopes.js';

/** What the gate reads of a route's configuration. */
interface RouteRules {
  readonly scope?: Scope;
  readonly quiet?: boolean;
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

/**
 * Lets requests in, or says why not, cheapest check first:
 *
 * ```
 * too much to do? 503 ─▶ whose key? ─▶ too many of theirs? 429 ─▶ may they? 401, 403 ─▶ in
 * ```
 * Health checks pass always. Hooks of Fastify rather than guards of Nest: they run before the body
 * is read and cost a tenth.
 */
export function addGate(fastify: FastifyInstance, gatekeepers: Gatekeepers): void {
  const { admission, limiter, keys, shed, limited } = gatekeepers;
  const leave = () => admission.leave();
  fastify.addHook('onRequest', (request, reply, done) => {
    addStaticHeaders(request, reply);
    const rules = request.routeOptions.config as RouteRules;
    if (rules.quiet) return done();
    if (!admission.enter()) {
      shed.increment();
      return sendProblem(reply, 'OVERLOADED', { headers: RETRY_SOON });
    }
    // Emitted once, however the request ends, also when its client hangs up.
    reply.raw.on('close', leave);
    const presented = presentedKey(request);
    const key = presented === undefined ? undefined : findApiKey(keys, presented);
    const wait = limiter.admit(key === undefined ? `address ${request.ip}` : `key ${key.name}`);
    if (wait > 0) {
      limited.increment();
      return sendProblem(reply, 'RATE_LIMITED', { headers: { 'retry-after': String(wait) } });
    }
    const refusal = refusalFor(rules.scope, keys, key);
    if (refusal === undefined) return done();
    const headers = refusal === 'API_KEY_REQUIRED' ? { 'www-authenticate': 'Bearer' } : undefined;
    return sendProblem(reply, refusal, { headers });
  });
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
