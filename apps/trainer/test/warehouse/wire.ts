import { once } from 'node:events';
import {
  createServer,
  request,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { pipeline } from 'node:stream/promises';

/** What a client asked over a wire, in order. */
export interface Asked {
  readonly sql: string;
  /** Bytes of the request's body and of the answer's, as they crossed, compressed if they were. */
  sent: number;
  received: number;
  /** Of an answer that is not compressed: ends of lines, which is a row each where rows are lines. */
  lines: number;
}

/** Called with each query before the server sees it; the query waits for what it returns. */
export type BeforeQuery = (sql: string, index: number) => Promise<void> | void;

async function bodyOf(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** ClickHouse takes a query in the body, or in the address and then data in the body. */
function queryOf(url: string, body: Buffer): string {
  const query = new URL(url, 'http://any').searchParams.get('query') ?? '';
  return [query, body.toString('utf8')].filter((part) => part !== '').join('\n');
}

function linesOf(chunk: Buffer): number {
  let lines = 0;
  for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) lines++;
  return lines;
}

/**
 * A wire to a server that speaks HTTP on this machine: it counts what crosses, whatever either side
 * says of it, and can hold a query back. When the server breaks an answer off, so does the wire.
 */
export class Wire {
  readonly asked: Asked[] = [];
  beforeQuery: BeforeQuery = () => {};

  private constructor(
    private readonly server: Server,
    /** Where clients connect, on 127.0.0.1. */
    readonly port: number,
  ) {}

  /** @param to the server's port, on 127.0.0.1 */
  static async start(to: number): Promise<Wire> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const wire = new Wire(server, (server.address() as { port: number }).port);
    server.on('request', (incoming, answer) => {
      // Either side may go away: then so does the other.
      wire.pass(incoming, answer, to).catch(() => answer.destroy());
    });
    return wire;
  }

  /** Queries so far, the bytes of all bodies both ways, and the lines of answers. */
  total(): { queries: number; sent: number; received: number; lines: number } {
    const sum = (of: 'sent' | 'received' | 'lines') =>
      this.asked.reduce((all, one) => all + one[of], 0);
    const { length: queries } = this.asked;
    return { queries, sent: sum('sent'), received: sum('received'), lines: sum('lines') };
  }

  async stop(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }

  private async pass(incoming: IncomingMessage, answer: ServerResponse, to: number): Promise<void> {
    const body = await bodyOf(incoming);
    const asked = { sql: queryOf(incoming.url!, body), sent: body.length, received: 0, lines: 0 };
    if (asked.sql !== '') {
      this.asked.push(asked);
      await this.beforeQuery(asked.sql, this.asked.length - 1);
    }
    const { method, url, headers } = incoming;
    const onward = request({ host: '127.0.0.1', port: to, method, path: url, headers });
    onward.end(body);
    const [reply] = (await once(onward, 'response')) as [IncomingMessage];
    answer.writeHead(reply.statusCode!, reply.headers);
    const legible = reply.headers['content-encoding'] === undefined;
    reply.on('data', (chunk: Buffer) => {
      asked.received += chunk.length;
      if (legible) asked.lines += linesOf(chunk);
    });
    await pipeline(reply, answer);
  }
}
