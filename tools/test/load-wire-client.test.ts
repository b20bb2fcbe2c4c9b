import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import { createServer as createSocketServer } from 'node:net';
import type { AddressInfo, Server as SocketServer } from 'node:net';
import { join } from 'node:path';
import { runNode } from './load-program.ts';

const bench = join(__dirname, '..', 'bench');

/** Runs statements that may use the wire client; what they print, parsed. The client is an ES module. */
async function withClient(statements: string): Promise<unknown> {
  const imports = [
    `import { requestBytes, sendAll, sendFor } from '${join(bench, 'wire_client.mjs')}';`,
    `import { uniqueBody } from '${join(bench, 'servers', 'registry.mjs')}';`,
  ];
  const script = [...imports, statements].join('\n');
  const { output } = await runNode(['--input-type=module', '-e', script]);
  return JSON.parse(output);
}

async function listening(server: Server | SocketServer): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

/** A server that remembers the bodies it got. */
function echo(bodies: string[], answer: RequestListener): Server {
  return createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      bodies.push(body);
      answer(request, response);
    });
  });
}

const sendTwenty = (port: number) => `
  const seen = [];
  const next = (i) => (i < 20 ? requestBytes('/', JSON.stringify({ i, umlaut: 'ü' })) : undefined);
  const onAnswer = ({ body }) => seen.push(body());
  const result = await sendAll({ port: ${port}, next, connections: 3, onAnswer })
    .catch((error) => ({ error: error.message }));
  const latencies = Array.from(result.latencies ?? []);
  console.log(JSON.stringify({ ...result, latencies, seen }));`;

describe('the wire client', () => {
  it('sends every request once and gives every answer', async () => {
    const bodies: string[] = [];
    const server = echo(bodies, (_request, response) => {
      const number = bodies.length;
      response.setHeader('content-length', Buffer.byteLength(`answer ${number} ü`));
      // in two pieces, the head with the first
      response.write(`answer ${number} `);
      setImmediate(() => response.end('ü'));
    });
    try {
      const result = await withClient(sendTwenty(await listening(server)));
      const numbers = Array.from({ length: 20 }, (_, i) => i);
      const order = bodies.map((body) => (JSON.parse(body) as { i: number }).i);
      expect(order.sort((a, b) => a - b)).toEqual(numbers);
      const { seen, latencies, ...counts } = result as { seen: string[]; latencies: number[] };
      expect(seen.sort()).toEqual(numbers.map((i) => `answer ${i + 1} ü`).sort());
      expect(latencies).toHaveLength(20);
      expect([...latencies].sort((a, b) => a - b)).toEqual(latencies);
      expect(counts).toMatchObject({ count: 20, failed: 0 });
    } finally {
      server.close();
    }
  });

  it('counts every status but 200 as failed', async () => {
    const bodies: string[] = [];
    const server = echo(bodies, (_request, response) => {
      response.statusCode = bodies.length % 4 === 0 ? 503 : 200;
      response.setHeader('content-length', 2).end('{}');
    });
    try {
      const result = await withClient(sendTwenty(await listening(server)));
      expect(result).toMatchObject({ count: 20, failed: 5 });
    } finally {
      server.close();
    }
  });

  it('fails when a connection is ended', async () => {
    const server = createSocketServer((socket) => socket.on('data', () => socket.end()));
    try {
      const result = await withClient(sendTwenty(await listening(server)));
      expect(result).toMatchObject({ error: 'the server ended a connection' });
    } finally {
      server.close();
    }
  });

  it('has a body of its own for each of many requests', async () => {
    const statements = `
      const bodies = Array.from({ length: 200_000 }, (_, i) => uniqueBody(i));
      const records = bodies.map((body) => JSON.parse(body));
      const span = (name) => [name, new Set(records.map((record) => record[name])).size];
      console.log(JSON.stringify({
        bodies: new Set(bodies).size,
        budgets: new Set(records.map(({ budget }) => budget)).size,
        ...Object.fromEntries(['ad_position', 'device_type'].map(span)),
      }));`;
    expect(await withClient(statements)).toEqual({
      bodies: 200_000,
      budgets: 200_000,
      ad_position: 10,
      device_type: 3,
    });
  });
});
