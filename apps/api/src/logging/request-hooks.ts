import type { Route, ServiceStats } from '@adscale/stats';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import type { Logger } from 'pino';
import { AccessLog, type Answered } from './access-log.js';

/** Route configuration: requests to this route count in the totals of `/stats`. */
export const COUNTED = { counted: true } as const;
/** Route configuration: requests to this route are logged at debug, as probes ask all the time. */
export const QUIET = { quiet: true } as const;

/** What the hooks read of a route's configuration. */
interface RouteRecord {
  readonly counted?: boolean;
  readonly quiet?: boolean;
  /** What its requests are counted by. */
  readonly statistics?: Route;
}

const REQUEST_ID = 'x-request-id';
const CLIENT_ID = /^[\w.:-]{1,64}$/;

/** The id of a request: the client's own if that is a short plain word, else a new one. */
export function requestId({ headers }: Pick<IncomingMessage, 'headers'>): string {
  const given = headers[REQUEST_ID];
  return typeof given === 'string' && CLIENT_ID.test(given) ? given : randomUUID();
}

/** What the hooks write to and read from. */
export interface RequestRecorder {
  readonly logger: Logger;
  readonly stats: ServiceStats;
}

/**
 * Gives every request its id in the answer, a log line, and a count by route and status. These are
 * Fastify hooks rather than Nest interceptors, which cost more and do not see answers that Fastify
 * gives by itself (404, 413, 415).
 */
export function addRequestHooks(
  fastify: FastifyInstance,
  { logger, stats }: RequestRecorder,
): void {
  const log = new AccessLog(logger);
  const nowhere = stats.route('*', '(no route)', { background: true });
  fastify.addHook('onRoute', (route) => registerRoute(route, stats));
  fastify.addHook('onRequest', (request, reply, done) => {
    reply.header(REQUEST_ID, request.id);
    done();
  });
  fastify.addHook('onResponse', (request, reply, done) => {
    const { statistics, quiet } = request.routeOptions.config as RouteRecord;
    stats.countRequest(statistics ?? nowhere, reply.statusCode, reply.elapsedTime);
    log.write(answered(request, reply), quiet === true);
    done();
  });
}

/** A route for several methods only refuses them, so its requests count as those of no route. */
function registerRoute(route: RouteOptions, stats: ServiceStats): void {
  const { method, url } = route;
  if (typeof method !== 'string' || method === 'HEAD') return;
  const { counted } = (route.config ?? {}) as RouteRecord;
  const statistics = stats.route(method, url, { background: !counted });
  route.config = Object.assign({}, route.config, { statistics });
}

/** Without the query, which could hold anything. */
function answered({ id, method, url }: FastifyRequest, reply: FastifyReply): Answered {
  const query = url.indexOf('?');
  const path = query < 0 ? url : url.slice(0, query);
  return { id, method, path, status: reply.statusCode, milliseconds: reply.elapsedTime };
}
