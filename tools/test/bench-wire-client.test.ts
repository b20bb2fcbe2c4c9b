import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import { createServer as createSocketServer } from 'node:net';
import type { AddressInfo, Server as SocketServer } from 'node:net';
import { uniqueBody } from '../bench/servers/registry.mjs';
import { requestBytes, sendAll } from '../bench/wire_client.mjs';

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

/** Sends twenty numbered requests over three connections. */
async function sendTwenty(port: number) {
  const seen: string[] = [];
  const next = (i: number) =>
    i < 20 ? requestBytes('/', JSON.stringify({ i, umlaut: 'ü' })) : undefined;
  const onAnswer = ({ body }: { body: () => string }) => seen.push(body());
  const { latencies, ...counts } = await sendAll({ port, next, connections: 3, onAnswer });
  return { seen, latencies: Array.from(latencies), counts };
}

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
      const { seen, latencies, counts } = await sendTwenty(await listening(server));
      const numbers = Array.from({ length: 20 }, (_, i) => i);
      const order = bodies.map((body) => (JSON.parse(body) as { i: number }).i);
      expect(order.sort((a, b) => a - b)).toEqual(numbers);
      expect(seen.sort()).toEqual(numbers.map((i) => `answer ${i + 1} ü`).sort());
      expect(latencies).toHaveLength(20);
      expect([...latencies].sort((a, b) => a - b)).toEqual(latencies);
      expect(counts).toMatchObject({ count: 20, failed: 0 });
    } finally {
      server.close();
    }
  });

  it('knows the length of an answer from other headers that end like it', async () => {
    const server = echo([], (_request, response) => {
      response.setHeader('inference-header-content-length', 2);
      response.setHeader('content-length', 4);
      response.end('four');
    });
    try {
      const { seen, counts } = await sendTwenty(await listening(server));
      expect(new Set(seen)).toEqual(new Set(['four']));
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
      const { counts } = await sendTwenty(await listening(server));
      expect(counts).toMatchObject({ count: 20, failed: 5 });
    } finally {
      server.close();
    }
  });

  it('fails when a connection is ended', async () => {
    const server = createSocketServer((socket) => socket.on('data', () => socket.end()));
    try {
      const sending = sendTwenty(await listening(server));
      await expect(sending).rejects.toThrow('the server ended a connection');
    } finally {
      server.close();
    }
  });

  it('has a body of its own for each of many requests', () => {
    const bodies = Array.from({ length: 200_000 }, (_, i) => uniqueBody(i));
    const records = bodies.map((body) => JSON.parse(body) as Record<string, unknown>);
    const different = (name: string) => new Set(records.map((record) => record[name])).size;
    expect(new Set(bodies).size).toBe(200_000);
    expect(different('budget')).toBe(200_000);
    expect(different('ad_position')).toBe(10);
    expect(different('device_type')).toBe(3);
  });
});
