import type { Redis } from 'iovalkey';
import { CacheError } from '../errors.js';

const PROTOCOLS = ['valkey:', 'valkeys:', 'redis:', 'rediss:'];
/** States of a client in which it has a socket, be it one that is not connected yet. */
const WITH_SOCKET = ['connecting', 'connect', 'ready'];
const CONNECT_TIMEOUT_MS = 1000;
const FIRST_RECONNECT_MS = 50;
const LAST_RECONNECT_MS = 2000;

/**
 * Makes a client that begins to connect. A command that cannot be sent fails at once; no command is
 * sent twice; a lost connection is made again, as often as it takes. The client's package is loaded
 * by the first call, so that a cache without a second tier does not pay for it.
 * @param url see `ValkeyTierOptions.url`
 * @param timeoutMs until a command fails
 * @throws CacheError OPTION_INVALID when the address is none of a Valkey server
 */
export async function connectValkey(url: string, timeoutMs: number): Promise<Redis> {
  // The address may hold a password, so errors do not repeat it.
  const protocol = URL.canParse(url) ? new URL(url).protocol : 'no URL';
  if (!PROTOCOLS.includes(protocol)) {
    throw new CacheError(
      'OPTION_INVALID',
      `url must begin with one of ${PROTOCOLS.map((known) => `${known}//`).join(' ')}, got ${protocol}`,
    );
  }
  const { Redis } = await import('iovalkey');
  return new Redis(url, {
    commandTimeout: timeoutMs,
    connectTimeout: CONNECT_TIMEOUT_MS,
    // When the server says nothing for so long (it hangs, the network is cut), connect anew.
    socketTimeout: Math.max(CONNECT_TIMEOUT_MS, 10 * timeoutMs),
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    // Closing gives the server this long to say goodbye: what is lost is only a cache.
    disconnectTimeout: 1,
    retryStrategy: (times) => Math.min(FIRST_RECONNECT_MS * 2 ** (times - 1), LAST_RECONNECT_MS),
  });
}

/** Ends a connection, whatever its state. Resolves when its socket is closed. */
export async function endConnection(client: Redis): Promise<void> {
  const end = WITH_SOCKET.includes(client.status)
    ? new Promise((resolve) => client.once('end', resolve))
    : undefined;
  client.disconnect();
  await end;
}

/** Whether a command failed because it took too long. */
export function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.message === 'Command timed out';
}
