import { once } from 'node:events';
import { type RequestListener, type Server, createServer } from 'node:http';
import { type AddressInfo, type Socket, connect } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { Connections } from '../../src/connections.js';
import { Door } from '../../src/door/door.js';
import { Wire } from '../../src/door/wire.js';
import { answerBrokenRequest } from '../../src/problem/socket.js';
import { ServiceFigures } from '../../src/stats/figures.js';
import { type RunningApp, runApp } from '../running-app.js';
import { waitFor, within } from '../wait-for.js';

/** What a client saw of one exchange, without what differs from one moment to the next. */
export interface Seen {
  readonly head: readonly string[];
  readonly body: string;
}

const ANY_PREDICTION = /(x-prediction-id: )[\w-]+/;
const ANY_ID = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;

/**
 * The same service three times: one reads plain requests off the wire, one has Node's parser read them
 * for its door, one answers through the frame alone. All are sent the same bytes.
 */
export class AllWays {
  private constructor(
    readonly apps: readonly RunningApp[],
    private readonly servers: readonly Server[],
    private readonly connections: Connections,
  ) {}

  static async open(settings: Record<string, string>): Promise<AllWays> {
    // Ids are there from the first answer on then.
    const environment = { ...settings, PREDICTION_KEY: 'a key of all ways, long enough to be one' };
    const apps = [await runApp(environment), await runApp(environment), await runApp(environment)];
    const [wired, door, frame] = apps.map(
      ({ app }) => app.getHttpAdapter().getInstance() as unknown as FastifyInstance,
    );
    const connections = new Connections(60_000);
    const times = { firstMs: 10_000, keepAliveMs: 5000 };
    const wire = new Wire(() => Door.of(wired), connections, times);
    const listeners: RequestListener[] = [
      (request, response) => wired.routing(request, response),
      (request, response) => door.routing(request, response),
      (request, response) => void frame.server.emit('request', request, response),
    ];
    const servers = listeners.map((listener) =>
      createServer((request, response) => {
        if (connections.begin(request, response)) listener(request, response);
      }),
    );
    wire.watch(servers[0]);
    for (const server of servers) {
      connections.watch(server);
      server.on('clientError', (error, socket: Socket) =>
        answerBrokenRequest(error, socket, connections.underWay(socket)),
      );
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
    }
    return new AllWays(apps, servers, connections);
  }

  /** From now on every answer is the last of its connection, as when the service stops. */
  leave(): void {
    this.connections.startClosing(500);
  }

  /** Sends these pieces on a connection of their own each way, then hears them out. */
  ask(pieces: readonly Buffer[]): Promise<Seen[][]> {
    return Promise.all(this.servers.map((server) => exchange(server, pieces)));
  }

  /** Begins a request each way that is never finished; resolves when all are let in. */
  async occupy(head: Buffer): Promise<() => void> {
    const sockets = this.servers.map((server) => connect(portOf(server), '127.0.0.1'));
    sockets.forEach((socket) => socket.on('error', () => {}).write(head));
    await Promise.all(
      this.apps.map((app) =>
        waitFor('a request to be let in', () => {
          const [{ in_flight }] = app.app.get(ServiceFigures).own().processes;
          return in_flight > 0;
        }),
      ),
    );
    return () => sockets.forEach((socket) => socket.destroy());
  }

  /** What each way logged of its requests, once all have logged so many. */
  async logged(requests: number): Promise<unknown[][]> {
    await waitFor(`${requests} log lines`, () =>
      this.apps.every(
        ({ logs }) => logs.filter(({ path }) => path !== undefined).length >= requests,
      ),
    );
    return this.apps.map(({ logs }) =>
      logs.filter(({ path, err }) => path !== undefined || err !== undefined).map(withoutMoments),
    );
  }

  /** What each counted. */
  counted(): Promise<unknown[]> {
    return Promise.all(
      this.apps.map(async (app) => {
        const { body } = await app.get('/stats');
        const { routes, counters, unknown_words, predictions, dimensions, cache } = body;
        const statuses = routes
          .filter(({ path }: { path: string }) => path.startsWith('/predict'))
          .map(({ path, statuses }: Record<string, unknown>) => ({ path, statuses }));
        const { hits, misses } = cache;
        return { statuses, counters, unknown_words, predictions, dimensions, hits, misses };
      }),
    );
  }

  async close(): Promise<void> {
    this.servers.forEach((server) => server.close().closeAllConnections());
    this.connections.stop();
    await Promise.all(this.apps.map((app) => app.close()));
  }
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

async function exchange(server: Server, pieces: readonly Buffer[]): Promise<Seen[]> {
  const socket = connect({ port: portOf(server), host: '127.0.0.1', allowHalfOpen: true });
  const chunks: Buffer[] = [];
  // The service may hang up on what it refuses.
  socket.on('error', () => {}).on('data', (chunk) => chunks.push(chunk));
  socket.on('end', () => socket.end());
  const closed = once(socket, 'close');
  await once(socket, 'connect');
  for (const piece of pieces) {
    socket.write(piece);
    await new Promise(setImmediate);
  }
  socket.end();
  await within('the answer', closed);
  return answersIn(Buffer.concat(chunks).toString());
}

function answersIn(text: string): Seen[] {
  const seen: Seen[] = [];
  for (let rest = text; rest !== '';) {
    const end = rest.indexOf('\r\n\r\n');
    const [status, ...headers] = rest.slice(0, end).split('\r\n');
    const [, length = '0'] = /^content-length: (\d+)$/im.exec(rest.slice(0, end)) ?? [];
    const named = headers
      .filter((line) => !/^date:/i.test(line))
      .map((line) =>
        line
          .replace(/^[^:]+/, (name) => name.toLowerCase())
          .replace(ANY_ID, 'an id')
          .replace(ANY_PREDICTION, '$1an id'),
      );
    const body = rest.slice(end + 4, end + 4 + Number(length)).replace(ANY_ID, 'an id');
    seen.push({ head: [status, ...named.sort()], body });
    rest = rest.slice(end + 4 + Number(length));
  }
  return seen;
}

function withoutMoments({
  time: _time,
  ms: _ms,
  request_id,
  err,
  ...line
}: Record<string, unknown>) {
  const message = (err as { message?: string } | undefined)?.message;
  return { ...line, request_id: String(request_id).replace(ANY_ID, 'an id'), message };
}
