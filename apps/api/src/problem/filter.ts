import { isNativeError } from 'node:util/types';
import { type ArgumentsHost, Catch, type ExceptionFilter } from '@nestjs/common';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import type { ProblemCode } from './catalogue.js';
import { ProblemError, sendProblem } from './problem.js';

/** Turns whatever a request throws, in Nest or in Fastify, into an answer from the catalogue. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly logger: Logger) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    this.answer(error, http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>());
  }

  /** Answers `request` with the problem that `error` is. */
  answer(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
    const problem = this.problemOf(error, request.id);
    if (reply.sent) return;
    sendProblem(reply, problem.code, problem.occurrence);
  }

  /** The problem that `error` is. Only an internal error is logged. */
  problemOf(error: unknown, requestId: string): ProblemError {
    const problem = error instanceof ProblemError ? error : problemOf(error);
    if (problem.code === 'INTERNAL_ERROR') {
      this.logger.error({ err: error, request_id: requestId }, 'request failed');
    }
    return problem;
  }
}

const BY_CODE: Readonly<Record<string, ProblemCode>> = {
  FST_ERR_CTP_EMPTY_JSON_BODY: 'MALFORMED_JSON',
  FST_ERR_CTP_INVALID_JSON_BODY: 'MALFORMED_JSON',
  // Of the registry: whatever is asked may need it. Whoever follows it logs why it cannot be read.
  STORE_REFUSED: 'REGISTRY_UNAVAILABLE',
  STORE_UNREACHABLE: 'REGISTRY_UNAVAILABLE',
  REGISTRY_BROKEN: 'REGISTRY_UNAVAILABLE',
};

const BY_STATUS: Readonly<Record<number, ProblemCode>> = {
  // Files are at their plain address only: other spellings, such as /docs/./x, are refused unseen.
  403: 'NOT_FOUND',
  404: 'NOT_FOUND',
  413: 'BODY_TOO_LARGE',
  415: 'UNSUPPORTED_MEDIA_TYPE',
};

/** Whatever else Fastify and its plugins blame the client for is no fault of the service. */
function codeOf(status: number): ProblemCode | undefined {
  return BY_STATUS[status] ?? (status >= 400 && status < 500 ? 'MALFORMED_REQUEST' : undefined);
}

interface HttpError {
  readonly status?: unknown;
  readonly statusCode?: unknown;
  readonly code?: unknown;
  readonly cause?: unknown;
}

/** The problem that stands for an error of Fastify, Nest or the registry; INTERNAL_ERROR for an unknown one. */
function problemOf(error: unknown): ProblemError {
  if (error instanceof ProblemError) return error;
  const internal = new ProblemError('INTERNAL_ERROR', { cause: error });
  if (!isError(error)) return internal;
  const { status, statusCode, code, cause } = error as HttpError;
  if (code !== undefined && Object.hasOwn(BY_CODE, String(code))) {
    return new ProblemError(BY_CODE[String(code)], { cause: error });
  }
  // Nest wraps Fastify's errors; the one with the telling code is inside.
  if (isError(cause)) return problemOf(cause);
  // Fastify's JSON parser throws a plain SyntaxError and marks it as the client's.
  if (error.name === 'SyntaxError' && statusCode === 400) return new ProblemError('MALFORMED_JSON');
  const known = codeOf(Number(statusCode ?? status));
  return known === undefined ? internal : new ProblemError(known);
}

/** Some errors of Fastify and Node are not `instanceof Error` here: they come from another realm. */
function isError(error: unknown): error is Error {
  return error instanceof Error || isNativeError(error);
}

/**
 * Makes every address answer 405 with Allow to the methods it does not know, where Fastify would
 * say 404. To be called before the first route is added.
 * @returns to be called after the last: adds the missing methods
 */
export function watchMethods(fastify: FastifyInstance): () => void {
  const known = new Map<string, Set<string>>();
  fastify.addHook('onRoute', ({ url, method }) => {
    const methods = known.get(url) ?? new Set();
    [method].flat().forEach((name) => methods.add(name));
    known.set(url, methods);
  });
  // As a plugin, because plugins load in order: the routes of those before it are then known.
  return () => void fastify.register(async (scope) => refuseOthers(scope, new Map(known)));
}

function refuseOthers(fastify: FastifyInstance, known: ReadonlyMap<string, Set<string>>): void {
  for (const [url, methods] of known) {
    const allow = [...methods].sort().join(', ');
    const others = fastify.supportedMethods.filter((method) => !methods.has(method));
    const refuse = () => {
      throw new ProblemError('METHOD_NOT_ALLOWED', { headers: { allow } });
    };
    // Before the body is read, because the body is not what is wrong.
    const onRequest = async () => refuse();
    fastify.route({ method: others, url, exposeHeadRoute: false, onRequest, handler: refuse });
  }
}
