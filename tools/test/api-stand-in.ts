import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** How a request, by its number from 1, is answered otherwise than it should be. */
export type Trouble = (request: number) => 'fails' | 'refuses' | 'hangs up' | undefined;

/** A stand-in for the API that remembers what it was sent, and how many asked at once. */
export class ApiStandIn {
  readonly bodies: string[] = [];
  /** Connections that were open at each request. */
  readonly crowds: number[] = [];
  /** What GET /stats says besides hits and misses. */
  exactKeyHitRate = 0.7;
  private hits = 0;
  private misses = 0;
  private connections = 0;
  private readonly seen = new Set<number>();
  private readonly server: Server;

  constructor(private readonly trouble: Trouble = () => undefined) {
    this.server = createServer((request, response) => this.answer(request, response));
    this.server.on('connection', (socket) => {
      this.connections++;
      socket.on('close', () => this.connections--);
    });
  }

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    if (request.url === '/health/ready') response.end('{"status":"ok"}');
    else if (request.url === '/stats') response.end(this.stats());
    else this.predict(request, response);
  }

  private stats(): string {
    const { hits, misses, exactKeyHitRate } = this;
    return JSON.stringify({
      cache: { hits, misses, exact_key_hit_rate: exactKeyHitRate },
      processes: [{ resident_bytes: 1e8 }],
    });
  }

  private predict(request: IncomingMessage, response: ServerResponse): void {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      this.bodies.push(body);
      this.crowds.push(this.connections);
      const { budget } = JSON.parse(body) as { budget: number };
      const cell = Math.round(10 * Math.log(budget));
      if (this.seen.has(cell)) this.hits++;
      else this.misses++;
      this.seen.add(cell);
      this.end(response, this.trouble(this.bodies.length));
    });
  }

  private end(response: ServerResponse, trouble: ReturnType<Trouble>): void {
    if (trouble === 'hangs up') response.destroy();
    else if (trouble === 'refuses') {
      response.writeHead(503, { 'retry-after': '1', 'content-type': 'application/problem+json' });
      response.end('{"code":"OVERLOADED","title":"The service has too much to do"}');
    } else {
      response.statusCode = trouble === 'fails' ? 500 : 200;
      response.setHeader('x-model-version', 'one');
      response.end('{"predicted_ctr":0.05}');
    }
  }
}
