import { randomUUID } from 'node:crypto';
import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { type RequestListener, type Server, createServer } from 'node:http';
import { type AddressInfo, Server as NetServer } from 'node:net';
import type { CtrModel } from '@adscale/ctr';
import { ServiceStats } from '@adscale/stats';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { createApp } from './app.js';
import type { Config } from './config.js';
import { Connections } from './connections.js';
import { type Dashboard, findDashboard } from './dashboard/dashboard.js';
import { Door } from './door/door.js';
import { Wire } from './door/wire.js';
import type { GrpcServer } from './grpc/server.js';
import { Readiness } from './health/readiness.js';
import { Inference } from './inference/inference.js';
import { unreadableLog } from './logging/access-log.js';
import { RequestRecorder } from './logging/request-hooks.js';
import { ServedModel } from './model/served-model.js';
import { refuseIncomplete } from './problem/socket.js';
import { answerUnreadable, hasHost, refuseUnread } from './problem/unreadable.js';
import { MACHINE_VARIABLE } from './replicas/board.js';
import { GATEKEEPERS, type Gatekeepers } from './security/gate.js';
import { ServiceFigures } from './stats/figures.js';
import { MetricSources } from './stats/metric-sources.js';
import { metricsOf } from './stats/metrics.js';
import type { Metric } from './telemetry/metric.js';
import type { Trace } from './telemetry/trace.js';
import { type Training, openTraining } from './training/training.js';

/** How long an idle connection is kept for its client's next request. */
const KEEP_ALIVE_MS = 72_000;
/** How long a connection is idle before it is closed when the service leaves: a long round trip. */
const IDLE_MS = 500;

/**
 * What one process serves: an app, and the servers that listen for it as long as the process lives.
 *
 * Routes are made for the features of a model. If the first model comes after the start and has
 * other features than the default ones, a second app is made for it and takes over between two
 * requests, while the servers go on listening:
 *
 * ```
 * server ──▶ app for the default features: 503, no model        ──first model──▶ closes
 *        ──▶ app for the features of the first model, once it is ready
 * ```
 * If the second app cannot be made, nothing has changed, and the next look at the registry tries
 * again.
 */
export class Service {
  private app: NestFastifyApplication | undefined;
  private routing: RequestListener = () => {};
  private door: Door | undefined;
  private readonly servers: Server[] = [];
  private readonly connections: Connections;
  private readonly wire: Wire;
  /** An app that takes over goes on counting, under the same name. */
  private readonly identity = {
    stats: new ServiceStats(),
    machine: process.env[MACHINE_VARIABLE] ?? randomUUID(),
  };
  /** Jobs go on when another app takes over. */
  private readonly training: Training | undefined;
  private leaving = false;
  private closing = false;
  private readonly dashboard: Dashboard | undefined;
  private drained: Promise<unknown> | undefined;
  private grpc: GrpcServer | undefined;

  /**
   * @param trace records requests as spans; undefined where telemetry is off
   * @throws ConfigError if the trainer is wanted and not installed
   */
  constructor(
    private readonly config: Config,
    private readonly logger: Logger,
    private readonly trace?: Trace,
    training = openTraining(config, logger),
  ) {
    this.dashboard = findDashboard(config, logger);
    this.training = training;
    this.connections = new Connections(config.requestTimeoutMs);
    this.wire = new Wire(() => this.door, this.connections, {
      firstMs: config.requestTimeoutMs,
      keepAliveMs: KEEP_ALIVE_MS,
    });
  }

  /** Loads the current model, makes the app and listens. */
  async start(): Promise<void> {
    this.use(await this.makeApp());
    if (this.config.grpcPort !== null) await this.listenForGrpc();
    const { port, host } = this.config;
    const [first, ...others] = await addressesOf(host);
    await this.listen(port, first);
    for (const address of others) await this.listen(this.port, address).catch(() => {});
    this.training?.start();
    this.announce();
  }

  /** Whether it listens. */
  get isUp(): boolean {
    return this.servers.length > 0;
  }

  /** The server that listens, on the first address if there are two. */
  get server(): Server {
    return this.servers[0];
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** The port of gRPC; undefined where it is not offered. */
  get grpcPort(): number | undefined {
    return this.grpc?.port;
  }

  /** The app that answers requests from now on. */
  get current(): NestFastifyApplication {
    if (this.app === undefined) throw new Error('the service has not started');
    return this.app;
  }

  /** The metrics of this process; none before it has started. */
  metrics(): Metric[] {
    const version = this.app?.get(ServedModel).current?.model.version ?? null;
    if (this.app === undefined) return [];
    const own = metricsOf(this.app.get(ServiceFigures).own(), version);
    return [...own, ...this.app.get(MetricSources).all()];
  }

  /** From now on the service is not ready, though it still answers. */
  startDraining(): void {
    this.leaving = true;
    this.current.get(Readiness).startDraining();
    this.grpc?.tellHealth();
  }

  /** Resolves when the requests under way are answered and everything is closed. */
  async close(): Promise<void> {
    this.leaving = this.closing = true;
    await Promise.all([this.current.close(), this.training?.close()]);
    await this.drain();
    this.connections.stop();
  }

  /** Ends the requests that wait for their clients: to send the rest, or to read the answer. */
  endWaiting(): void {
    this.connections.endWaiting((response) => refuseIncomplete(response, 'SHUTTING_DOWN'));
  }

  private makeApp(first?: CtrModel): Promise<NestFastifyApplication> {
    return createApp(this.config, this.logger, {
      ...this.identity,
      first,
      dashboard: this.dashboard,
      trace: this.trace,
      training: this.training,
      onOtherFeatures: (model) => this.takeOver(model),
      // An app that was taken over from closes alone; the servers go on.
      drain: async () => {
        if (this.closing) await this.drain();
      },
    });
  }

  /** Has an app for the features of `first` answer in place of the current one. */
  private async takeOver(first: CtrModel): Promise<void> {
    if (this.leaving) return;
    // The next look comes soon enough.
    if (!this.isUp) throw new Error('the service is still starting');
    const facts = { model_version: first.version };
    this.logger.info(facts, 'the first model has other features: routes are made anew');
    const before = this.current;
    const next = await this.makeApp(first);
    if (this.leaving) return next.close();
    this.use(next);
    this.announce();
    // Ends its event streams, so that their clients come back to the next app.
    before.get(Readiness).startDraining();
    await before.close().catch((err: unknown) => this.logger.error({ err }, 'app not closed'));
  }

  private use(app: NestFastifyApplication): void {
    this.app = app;
    const fastify = app.getHttpAdapter().getInstance() as FastifyInstance;
    this.routing = fastify.routing;
    this.door = Door.of(fastify);
  }

  private async listen(port: number, address: string): Promise<void> {
    const { requestTimeoutMs } = this.config;
    const options = {
      requestTimeout: requestTimeoutMs,
      headersTimeout: requestTimeoutMs,
      keepAliveTimeout: KEEP_ALIVE_MS,
      // How often Node looks for late requests; its own default is 30 s.
      connectionsCheckingInterval: Math.min(1000, requestTimeoutMs),
      // Node would answer by itself, and say nothing.
      requireHostHeader: false,
    };
    const record = unreadableLog(this.logger, this.identity.stats);
    const server = createServer(options, (request, response) => {
      if (!this.connections.begin(request, response)) return;
      if (hasHost(request)) this.routing(request, response);
      else refuseUnread(response, 'MALFORMED_REQUEST', record);
    });
    this.wire.watch(server);
    this.connections.watch(server);
    // Node would answer by itself, before the gate; record/incoming-body does it after.
    for (const event of ['checkContinue', 'checkExpectation']) {
      server.on(event, (request, response) => server.emit('request', request, response));
    }
    answerUnreadable(server, (socket) => this.connections.underWay(socket), record);
    server.listen(port, address);
    await once(server, 'listening');
    this.servers.push(server);
  }

  /** What only gRPC needs is not even loaded where it is not offered. */
  private async listenForGrpc(): Promise<void> {
    const { GrpcServer } = await import('./grpc/server.js');
    const { config, logger, identity, trace } = this;
    const app = () => ({
      inference: this.current.get(Inference),
      gatekeepers: this.current.get<Gatekeepers>(GATEKEEPERS),
    });
    const recorder = new RequestRecorder(logger, identity.stats, trace);
    const grpc = new GrpcServer(app, config, recorder, logger);
    await grpc.listen();
    this.grpc = grpc;
  }

  private announce(): void {
    const url = `http://localhost:${this.port}`;
    const page = this.dashboard && { dashboard: `${url}/` };
    const links = { docs: `${url}/docs`, stats: `${url}/stats`, health: `${url}/health/ready` };
    const { port, grpcPort } = this;
    const grpc = grpcPort !== undefined && { grpc_port: grpcPort };
    const facts = { port, ...grpc, host: this.config.host, ...page, ...links };
    this.logger.info(facts, `AdScale is up: open ${page?.dashboard ?? links.docs}`);
  }

  /**
   * Takes no new connections, and then lets those that there are come to their end: who is told that
   * an answer is the last one comes again, and a connection that waits to be taken when the servers
   * stop listening is reset. Resolves when all are closed.
   */
  private drain(): Promise<unknown> {
    if (this.drained === undefined) {
      this.drained = Promise.all([...this.servers.map(stopListening), this.grpc?.close()]);
      this.connections.startClosing(IDLE_MS);
    }
    return this.drained;
  }
}

/**
 * Stops listening; resolves when the last connection is closed. `close` of HTTP's servers would first
 * destroy the idle connections, of which one may just be sending a request.
 */
function stopListening(server: Server): Promise<void> {
  return new Promise((resolve) => {
    NetServer.prototype.close.call(server, () => {
      // Only its timer is left: it looks for requests that are late.
      server.close();
      resolve();
    });
  });
}

/** `localhost` may be two addresses, and a client may try only one of them: so both are listened on. */
async function addressesOf(host: string): Promise<string[]> {
  if (host !== 'localhost') return [host];
  const found = await lookup(host, { all: true });
  return found.map(({ address }) => address);
}
