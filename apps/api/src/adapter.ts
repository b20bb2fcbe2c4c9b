import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Config } from './config.js';
import { requestId } from './logging/request-hooks.js';
import type { ProblemFilter } from './problem/filter.js';
import { answerBrokenRequest } from './problem/socket.js';

/** Fastify as the service needs it: limits, request ids, and errors from the catalogue. */
export function createAdapter(config: Config, filter: ProblemFilter): FastifyAdapter {
  const adapter = new FastifyAdapter({
    bodyLimit: config.bodyLimitBytes,
    requestTimeout: config.requestTimeoutMs,
    trustProxy: (_address: string, hop: number) => hop < config.trustProxy,
    http: {
      headersTimeout: config.requestTimeoutMs,
      // How often Node looks for late requests; its own default is 30 s.
      connectionsCheckingInterval: Math.min(1000, config.requestTimeoutMs),
    },
    genReqId: requestId,
    clientErrorHandler: answerBrokenRequest,
    frameworkErrors: (error: FastifyError, request: FastifyRequest, reply: FastifyReply) =>
      filter.answer(error, request, reply),
    // While it closes, a request that got here is still answered; Fastify would refuse it.
    return503OnClosing: false,
    // No Express middleware here: without its engine, a request is cheaper.
    skipMiddie: true,
  });
  adapter.getInstance<FastifyInstance>().removeContentTypeParser('text/plain');
  return adapter;
}
