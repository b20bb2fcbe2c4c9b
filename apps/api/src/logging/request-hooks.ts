import type { Route, ServiceStats } from '@adscale/stats';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import type { Logger } from 'pino';
import type { SpanIds, Trace } from '../telemetry/trace.js';
import { AccessLog, type Answered } from './access-log.js';

/** Route configuration: requests to this route count in the totals of `/stats`. */
export const COUNTED = { counted: true } as const;
/** Route configuration: requests to this route are logged at debug, as probes ask all the time. */
export const QUIET = { quiet: true } as const;

/** What is read of a route's configuration. */
export interface RouteRecord {
  readonly counted?: boolean;
  readonly quiet?: boolean;
  /** What its requests are counted by. */
  readonly statistics?: Route;
}

/** Carries a request's id, both ways. */
export const REQUEST_ID = 'x-request-id';
/** Names the model that answered. */
export const MODEL_VERSION = 'x-model-version';
const CLIENT_ID = /^[\w.:-]{1,64}$/;

/** The id of a request: the client's own if that is a short plain word, else a new one. */
export function requestId({ headers }: Pick<IncomingMessage, 'headers'>): string {
  const given = headers[REQUEST_ID];
  return typeof given === 'string' && CLIENT_ID.test(given) ? given : randomUUID();
}

/**
 * Writes down each request that was answered: a count by route and status, a log line, and where
 * telemetry is on a span. Whatever protocol it came by, its door calls `record` once.
 */
export class RequestRecorder {
  private readonly log: AccessLog;
  private readonly nowhere: Route;

  /** @param trace records spans; undefined where telemetry is off */
  constructor(
    logger: Logger,
    readonly stats: ServiceStats,
    private readonly trace?: Trace,
  ) {
    this.log = new AccessLog(logger);
    this.nowhere = stats.route('*', '(no route)', { background: true });
  }

  record({ statistics, quiet }: RouteRecord, answered: Answered): void {
    this.stats.countRequest(statistics ?? this.nowhere, answered.status, answered.milliseconds);
    // Probes ask all the time, and nobody looks for their spans.
    const span = this.trace === undefined || quiet ? undefined : this.spanOf(answered, statistics);
    this.log.write(answered, quiet === true, span);
  }

  private spanOf(answered: Answered, statistics: Route | undefined): SpanIds | undefined {
    const { headers = {}, modelVersion, ...facts } = answered;
    return this.trace?.({ ...facts, route: statistics?.path, headers, modelVersion });
  }
}

/**
 * Gives every request its id in the answer, and has it recorded. These are Fastify hooks rather than
 * Nest interceptors, which cost more and do not see answers that Fastify gives by itself (404, 413,
 * 415).
 */
export function addRequestHooks(fastify: FastifyInstance, recorder: RequestRecorder): void {
  fastify.addHook('onRoute', (route) => registerRoute(route, recorder.stats));
  fastify.addHook('onRequest', (request, reply, done) => {
    reply.header(REQUEST_ID, request.id);
    done();
  });
  fastify.addHook('onResponse', (request, reply, done) => {
    recorder.record(request.routeOptions.config as RouteRecord, answered(request, reply));
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
function answered({ id, method, url, raw }: FastifyRequest, reply: FastifyReply): Answered {
  const query = url.indexOf('?');
  const path = query < 0 ? url : url.slice(0, query);
  const { statusCode: status, elapsedTime: milliseconds } = reply;
  const modelVersion = reply.getHeader(MODEL_VERSION) as string | undefined;
  return { id, method, path, status, milliseconds, headers: raw.headers, modelVersion };
}
