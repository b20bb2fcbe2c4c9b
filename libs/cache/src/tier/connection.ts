import type { Redis } from 'iovalkey';
import { CacheError } from '../errors.js';

const PROTOCOLS = ['valkey:', 'valkeys:', 'redis:', 'rediss:'];
/** States of a client in which it has a socket, be it one that is not connected yet. */
const WITH_SOCKET = ['connecting', 'connect', 'ready'];
const CONNECT_TIMEOUT_MS = 1000;
const FIRST_RECONNECT_MS = 50;
const LAST_RECONNECT_MS = 2000;

/**
 * A client that fails at once what it cannot send, sends nothing twice and connects again for good.
 * The package is loaded here, because a cache without a second tier should not pay for it.
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
    // A connection that fell silent (a partition, a stopped server) is given up and made anew.
    socketTimeout: Math.max(CONNECT_TIMEOUT_MS, 10 * timeoutMs),
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    // Closing waits for the server no longer than this, and what is lost is only a cache.
    disconnectTimeout: 1,
    retryStrategy: (times) => Math.min(FIRST_RECONNECT_MS * 2 ** (times - 1), LAST_RECONNECT_MS),
  });
}

/** Ends a connection in whatever state it is; resolves when its socket is closed. */
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
