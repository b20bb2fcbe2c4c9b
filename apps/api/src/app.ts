import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { createAdapter } from './adapter.js';
import { appModule } from './app.module.js';
import type { Config } from './config.js';
import { addDocs } from './docs/openapi.js';
import { Readiness } from './health/readiness.js';
import { addInferenceErrors } from './inference/inference-errors.js';
import { NestLogger, createLogger } from './logging/logger.js';
import { addRequestHooks } from './logging/request-hooks.js';
import { addRouteRules } from './record/route-rules.js';
import { createParts } from './parts.js';
import { ProblemFilter } from './problem/filter.js';
import { watchMethods } from './problem/methods.js';
import { addGate } from './security/gate.js';

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
  addRouteRules(fastify);
  addInferenceErrors(fastify);
  const parts = await createParts(config, logger);
  const app = await NestFactory.create<NestFastifyApplication>(appModule(parts), adapter, {
    logger: new NestLogger(logger),
    // Fastify parses JSON by itself; Nest would add forms.
    bodyParser: false,
    abortOnError: false,
  });
  addRequestHooks(fastify, logger, parts.stats, app.get(Readiness));
  addGate(fastify, parts.gatekeepers);
  fastify.addHook('onClose', () => parts.close());
  if (config.corsOrigins.length > 0) app.enableCors({ origin: [...config.corsOrigins] });
  app.useGlobalFilters(filter);
  addDocs(app);
  await app.init();
  refuseOtherMethods();
  await fastify.ready();
  return app;
}
