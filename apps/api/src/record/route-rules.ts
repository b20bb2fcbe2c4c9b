import type { IncomingMessage } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { ProblemError } from '../problem/problem.js';

/** Media types of a JSON value a line; there is no registered one, and these are all in use. */
export const LINE_TYPES = ['application/x-ndjson', 'application/ndjson', 'application/jsonl'];

/** Route configuration: what a route expects of a body, where it is not one JSON value. */
export interface BodyRules {
  /** Most bytes, instead of `BODY_LIMIT_BYTES`. */
  readonly bodyLimit?: number;
  /** The body is lines of JSON, and is given to the route as the stream it comes in. */
  readonly lines?: boolean;
}

/**
 * Has Fastify keep to the `BodyRules` of routes, as Nest has no decorators for them. To be called
 * before the first route is added.
 */
export function addBodyRules(fastify: FastifyInstance): void {
  fastify.addHook('onRoute', (route) => {
    const { bodyLimit } = (route.config ?? {}) as BodyRules;
    if (bodyLimit !== undefined) route.bodyLimit = bodyLimit;
  });
  fastify.addContentTypeParser(LINE_TYPES, (request, body: IncomingMessage, done) => {
    const { lines } = request.routeOptions.config as BodyRules;
    if (lines) done(null, body);
    else done(new ProblemError('UNSUPPORTED_MEDIA_TYPE'));
  });
}
