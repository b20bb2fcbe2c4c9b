import type { ServiceStats } from '@adscale/stats';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import type { Readiness } from '../health/readiness.js';

/** Route configuration: requests to this route are counted and timed in `/stats`. */
export const COUNTED = { counted: true } as const;
/** Route configuration: requests to this route are logged at debug, as probes ask all the time. */
export const QUIET = { quiet: true } as const;

const REQUEST_ID = 'x-request-id';
const CLIENT_ID = /^[\w.:-]{1,64}$/;

/** The id of a request: the one its client gave, when that is a short plain word, or a new one. */
export function requestId({ headers }: Pick<IncomingMessage, 'headers'>): string {
  const given = headers[REQUEST_ID];
  return typeof given === 'string' && CLIENT_ID.test(given) ? given : randomUUID();
}

/**
 * Adds what every request gets: its id in the answer, a log line, and a count if its route wants
 * one. Fastify hooks rather than Nest interceptors, which cost more and do not see answers that
 * Fastify gives by itself (404, 413, 415).
 */
export function addRequestHooks(
  fastify: FastifyInstance,
  logger: Logger,
  stats: ServiceStats,
  readiness: Readiness,
): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    reply.header(REQUEST_ID, request.id);
    done();
  });
  fastify.addHook('onSend', (_request, reply, payload, done) => {
    // Otherwise an idle connection that is kept alive holds up the end for as long as it may.
    if (readiness.draining) reply.header('connection', 'close');
    done(null, payload);
  });
  fastify.addHook('onResponse', (request, reply, done) => {
    const config = request.routeOptions.config as { counted?: boolean; quiet?: boolean };
    if (config.counted) stats.countRequest(reply.elapsedTime);
    logger[config.quiet ? 'debug' : 'info'](logLine(request, reply), 'request');
    done();
  });
}

/** Without the query, which could hold anything. */
function logLine(request: FastifyRequest, reply: FastifyReply): object {
  return {
    request_id: request.id,
    method: request.method,
    path: request.url.split('?', 1)[0],
    status: reply.statusCode,
    ms: Math.round(reply.elapsedTime * 1000) / 1000,
  };
}
