import 'reflect-metadata';
import { type IncomingMessage, maxHeaderSize } from 'node:http';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { appModule } from './app.module.js';
import type { Config } from './config.js';
import { addHome } from './dashboard/dashboard.js';
import { DOCS_PATH, addDocs, watchRoutes } from './docs.js';
import { Door } from './door/door.js';
import { addBinaryBodies } from './inference/binary-body.js';
import { addInferenceErrors } from './inference/inference-errors.js';
import { NestLogger, createLogger } from './logging/logger.js';
import { RequestRecorder, addRequestHooks, requestId } from './logging/request-hooks.js';
import { addServerTiming } from './logging/server-timing.js';
import { type AppOptions, createParts } from './parts.js';
import { ProblemFilter, watchMethods } from './problem/filter.js';
import { addIncomingBodies } from './record/incoming-body.js';
import { addRouteRules } from './record/route-rules.js';
import { addCors } from './security/cors.js';
import { Gate, addGate } from './security/gate.js';
import { addUploadBodies } from './training/upload-body.js';

/** A JSON body may hold twice as many objects and arrays, or twice what a batch of flat records has. */
const LEAST_PARTS = 50_000;

/**
 * Makes the app: routes for the features of one schema, and everything behind them. It is ready
 * for requests by `routing`, or to `listen` by itself. Without a model in the registry its routes
 * are those of the default schema.
 * @param logger where to log. Default: JSON lines on standard output
 */
export async function createApp(
  config: Config,
  logger: Logger = createLogger(config.logLevel),
  options: AppOptions = {},
): Promise<NestFastifyApplication> {
  const filter = new ProblemFilter(logger);
  const adapter = createAdapter(config, filter);
  const fastify = adapter.getInstance<FastifyInstance>();
  addServerTiming(fastify);
  await addCors(fastify, config.corsOrigins);
  const refuseOtherMethods = watchMethods(fastify);
  const routes = watchRoutes(fastify);
  const mostParts = 2 * Math.max(config.batchLimit, LEAST_PARTS);
  addRouteRules(fastify, mostParts);
  addIncomingBodies(fastify);
  addInferenceErrors(fastify);
  addBinaryBodies(fastify, mostParts);
  addUploadBodies(fastify);
  const parts = await createParts(config, logger, options);
  try {
    const app = await NestFactory.create<NestFastifyApplication>(appModule(parts), adapter, {
      logger: new NestLogger(logger),
      // Fastify parses JSON by itself; Nest would add forms.
      bodyParser: false,
      abortOnError: false,
    });
    const recorder = new RequestRecorder(logger, parts.stats, options.trace);
    const gate = new Gate(parts.gatekeepers, config.trustProxy);
    addRequestHooks(fastify, recorder);
    addGate(fastify, gate);
    // The answers to pages of other origins have headers that only the frame knows.
    if (config.corsOrigins.length === 0) {
      fastify.routing = new Door(fastify, { gate, recorder, filter, mostParts }).listener;
    }
    fastify.addHook('preClose', async () => options.drain?.());
    fastify.addHook('onClose', () => parts.close());
    app.useGlobalFilters(filter);
    addHome(fastify, options.dashboard, `/${DOCS_PATH}`);
    addDocs(app, routes, config.apiKeys.length > 0);
    await app.init();
    refuseOtherMethods();
    await fastify.ready();
    return app;
  } catch (error) {
    parts.follower.onModuleDestroy();
    await parts.close();
    throw error;
  }
}

/** Fastify as the service needs it: limits, request ids, and errors from the catalogue. */
function createAdapter(config: Config, filter: ProblemFilter): FastifyAdapter {
  const adapter = new FastifyAdapter({
    bodyLimit: config.bodyLimitBytes,
    trustProxy: (_address: string, hop: number) => hop < config.trustProxy,
    genReqId: requestId,
    // A longer part of an address would be answered before the hooks; Node bounds the whole of it.
    routerOptions: { maxParamLength: maxHeaderSize },
    frameworkErrors: (error: FastifyError, request: FastifyRequest, reply: FastifyReply) => {
      if (error.code !== 'FST_ERR_BAD_URL') return filter.answer(error, request, reply);
      adapter.getInstance<FastifyInstance>().routing(asWritten(request.raw), reply.raw);
    },
    // A request that arrives while the app closes is still answered; Fastify would refuse it.
    return503OnClosing: false,
    // No Express middleware here: without its engine, a request is cheaper.
    skipMiddie: true,
  });
  adapter.getInstance<FastifyInstance>().removeContentTypeParser('text/plain');
  return adapter;
}

/**
 * Takes an address that cannot be decoded as it is written: there is nothing at it, but that is then said
 * like everything else, by the gate and the hooks. Fastify itself would answer before them.
 */
function asWritten(request: IncomingMessage): IncomingMessage {
  const url = request.url!.replaceAll('%', '%25');
  // `GET stats` must not be taken for `GET /stats`.
  request.url = url.startsWith('/') ? url : `/./${url}`;
  return request;
}
