import { once } from 'node:events';
import { type Socket, createServer } from 'node:net';
import { connectValkey, endConnection } from '../../src/index.js';

/** A server that takes connections and never says a word. */
const sockets: Socket[] = [];
const server = createServer((socket) => sockets.push(socket));

beforeAll(() => once(server.listen(0, '127.0.0.1'), 'listening'));
afterAll(async () => {
  sockets.forEach((socket) => socket.destroy());
  await once(server.close(), 'close');
});

describe('the end of a connection', () => {
  it.each(['connecting', 'connect'])('is waited for in the state %s', async (status) => {
    const { port } = server.address() as { port: number };
    const client = await connectValkey(`valkey://127.0.0.1:${port}`, 30_000);
    client.on('error', () => {});
    if (status === 'connect') await once(client, 'connect');
    expect(client.status).toBe(status);
    await endConnection(client);
    expect(client.status).toBe('end');
    await endConnection(client);
  });
});
