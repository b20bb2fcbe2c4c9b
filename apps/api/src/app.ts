import 'reflect-metadata';
import { PredictionCache } from '@adscale/cache';
import { Registry, defaultSchema } from '@adscale/ctr';
import { ServiceStats } from '@adscale/stats';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { appModule, type Parts } from './app.module.js';
import type { Config } from './config.js';
import { addDocs } from './docs/openapi.js';
import { Readiness } from './health/readiness.js';
import { NestLogger, createLogger } from './logging/logger.js';
import { addRequestHooks, requestId } from './logging/request-hooks.js';
import { ModelFollower, loadFirst } from './model/follower.js';
import { type Answer, ServedModel } from './model/served-model.js';
import { ProblemFilter } from './problem/filter.js';
import { watchMethods } from './problem/methods.js';
import { answerBrokenRequest } from './problem/socket.js';

/**
 * Builds the service, ready to `listen`. Starts without a model when there is none; its routes are
 * then those of the default schema.
 * @param logger where to log; by default JSON lines on standard output
 */
export async function createApp(
  config: Config,
  logger: Logger = createLogger(config.logLevel),
): Promise<NestFastifyApplication> {
  const filter = new ProblemFilter(logger);
  const adapter = createAdapter(config, filter);
  const fastify = adapter.getInstance<FastifyInstance>();
  const refuseOtherMethods = watchMethods(fastify);
  const parts = await createParts(config, logger);
  const app = await NestFactory.create<NestFastifyApplication>(appModule(parts), adapter, {
    logger: new NestLogger(logger),
    // Fastify parses JSON by itself; Nest would add forms.
    bodyParser: false,
    abortOnError: false,
  });
  addRequestHooks(fastify, logger, parts.stats, app.get(Readiness));
  app.useGlobalFilters(filter);
  addDocs(app);
  await app.init();
  refuseOtherMethods();
  await fastify.ready();
  return app;
}

async function createParts(config: Config, logger: Logger): Promise<Parts> {
  const { cacheEntries, cacheTtlSeconds, modelDir, modelPollMs } = config;
  const cache = new PredictionCache<Answer>({
    entries: cacheEntries,
    ttlMs: cacheTtlSeconds * 1000,
  });
  const registry = new Registry(modelDir);
  const first = await loadFirst(registry, logger);
  const served = new ServedModel(first?.schema ?? defaultSchema, cache);
  if (first !== undefined) served.replace(first);
  const follower = new ModelFollower(registry, served, logger, modelPollMs);
  return { cache, stats: new ServiceStats(), served, follower };
}

function createAdapter(config: Config, filter: ProblemFilter): FastifyAdapter {
  const adapter = new FastifyAdapter({
    bodyLimit: config.bodyLimitBytes,
    requestTimeout: config.requestTimeoutMs,
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
