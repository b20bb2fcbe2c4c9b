import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Lines } from '../by-line.js';
import { ProblemError } from '../problem/problem.js';
import { checkParts } from './json-parts.js';
import { refuseQuery } from './query.js';

/** Media types of JSON lines. None is registered, and all of these are in use. */
export const LINE_TYPES = ['application/x-ndjson', 'application/ndjson', 'application/jsonl'];

/** An answer of status 200, but for the headers that every answer has. */
export interface PlainAnswer {
  /** Names and values in turn, as `ServerResponse.writeHead` takes them. */
  readonly headers: readonly string[];
  readonly text: string;
}

/**
 * Answers a body by itself, without the rest of the request: so it can be asked by whichever door a
 * request comes in. What it throws is answered as a problem.
 * @param isGone tells that nobody waits for the answer any more
 */
export type PlainHandler = (
  body: unknown,
  isGone: () => boolean,
) => PlainAnswer | Promise<PlainAnswer>;

/** Route configuration for what Nest has no decorators for. */
export interface RouteRules {
  /** Most bytes of a body, instead of `BODY_LIMIT_BYTES`. */
  readonly bodyLimit?: number;
  /** A body of lines of JSON is given to the route as the stream it comes in. */
  readonly lines?: Lines;
  /** The body is JSON and is given to the route as the text that came, unless that is empty. */
  readonly unread?: boolean;
  /** The body may be empty, though its type says JSON, as many clients say of every request. */
  readonly optionalBody?: boolean;
  /**
   * Answers instead of Nest's pipeline around the controller, which only documents the route. Resolves
   * with the reply where that is a stream.
   */
  readonly direct?: (
    request: FastifyRequest,
    reply: FastifyReply,
  ) => void | Promise<void | FastifyReply>;
  /**
   * Answers JSON at the route's address without a query, before the frame where the request allows
   * that. `direct` must answer the same.
   */
  readonly plain?: PlainHandler;
}

/**
 * Has Fastify keep to the `RouteRules` of routes. To be called before the first route is added.
 * @param mostParts most objects and arrays in a JSON body
 */
export function addRouteRules(fastify: FastifyInstance, mostParts: number): void {
  fastify.addHook('onRoute', (route) => {
    const { bodyLimit, direct } = (route.config ?? {}) as RouteRules;
    if (bodyLimit !== undefined) route.bodyLimit = bodyLimit;
    if (direct !== undefined) route.handler = direct;
  });
  const parse = fastify.getDefaultJsonParser('error', 'error');
  fastify.addContentTypeParser<string>(
    'application/json',
    { parseAs: 'string' },
    (request, body, done) => {
      const { unread, optionalBody } = request.routeOptions.config as RouteRules;
      try {
        checkParts(body, mostParts);
      } catch (error) {
        return done(error as ProblemError);
      }
      if (optionalBody && body === '') done(null, undefined);
      else if (unread && body !== '') done(null, body);
      else void parse(request, body, done);
    },
  );
  fastify.addContentTypeParser(LINE_TYPES, (request, body: IncomingMessage, done) => {
    const { lines } = request.routeOptions.config as RouteRules;
    if (lines) done(null, body);
    else done(new ProblemError('UNSUPPORTED_MEDIA_TYPE'));
  });
}

/**
 * Has the frame answer as `plain` does. There are no parameters then.
 * @throws ProblemError INVALID_QUERY
 */
export function framed(plain: PlainHandler): NonNullable<RouteRules['direct']> {
  return async (request, reply) => {
    refuseQuery(request.query);
    sendPlain(reply, await plain(request.body, () => reply.raw.destroyed));
  };
}

/** Answers through the frame. */
export function sendPlain(reply: FastifyReply, { headers, text }: PlainAnswer): void {
  for (let i = 0; i < headers.length; i += 2) reply.header(headers[i], headers[i + 1]);
  void reply.send(text);
}
