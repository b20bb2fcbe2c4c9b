import type { Server } from 'node:http';
import { type Duplex, duplexPair } from 'node:stream';

/** The two ends of a connection to a server in this process. */
export interface MemoryConnection {
  /** For `createConnection` of a client's request. */
  readonly client: Duplex;
  /** What the server takes for its socket; emitting `timeout` tells it that nothing came for long. */
  readonly socket: Duplex & { timeout: number };
}

/**
 * Connects to a server without the buffers of an operating system between: what one side writes
 * waits until the other reads it, and time passes when a test says so.
 */
export function connectInMemory(server: Server): MemoryConnection {
  const [client, end] = duplexPair();
  const socket = Object.assign(end, {
    timeout: 0,
    remoteAddress: '127.0.0.1',
    setTimeout(ms: number) {
      socket.timeout = ms;
      return socket;
    },
    setNoDelay: () => socket,
    setKeepAlive: () => socket,
    resetAndDestroy: () => socket.destroy(),
    destroySoon: () => socket.end(() => socket.destroy()),
  });
  // As a socket does, a lost connection ends both sides.
  client.once('close', () => socket.destroy());
  socket.once('close', () => client.destroy());
  server.emit('connection', socket);
  return { client, socket };
}
