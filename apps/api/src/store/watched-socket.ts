import { connect, Socket } from 'node:net';

/** A connection without a byte for so long is looked into, in milliseconds. */
const SILENT_MS = 3000;
/** How long a host that is there takes to answer, a lost packet included, in milliseconds. */
const REACH_MS = 2000;

/** How a connection is watched; for tests. */
export interface Watch {
  /** Milliseconds without a byte either way until it is looked into. */
  readonly silentMs: number;
  /** Whether a host answers. Rejects never. */
  readonly reach: (host: string, port: number) => Promise<boolean>;
}

/**
 * A socket that ends when its server's host is gone without a word. A cable that was pulled or a machine
 * that lost power sends nothing, and TCP sends again for a quarter of an hour before it gives up:
 * whoever asks would wait as long.
 *
 * ```
 * silent ──▶ does the host answer another connection? ─yes─▶ a query that takes long: wait on
 *                                                      └ no ─▶ destroyed, and queries fail
 * ```
 */
export function watchedSocket(
  { silentMs, reach }: Watch = { silentMs: SILENT_MS, reach: answers },
) {
  const socket = new Socket();
  socket.setTimeout(silentMs);
  socket.on('timeout', () => {
    const { remoteAddress, remotePort } = socket;
    // While it connects the pool has a time-out, and a socket file has no host that could be lost.
    if (remoteAddress === undefined || remotePort === undefined) return;
    void reach(remoteAddress, remotePort).then((isThere) => {
      if (isThere) socket.setTimeout(silentMs);
      else socket.destroy(new Error('Connection terminated: the host of the database is silent'));
    });
  });
  return socket;
}

/**
 * Whether a host answers at a port within two seconds. One that refuses is there, too: it would have
 * refused what came by the older connection as well, had it forgotten that.
 */
export function answers(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = connect({ host, port });
    const tell = (isThere: boolean) => {
      asked.destroy();
      resolve(isThere);
    };
    asked.setTimeout(REACH_MS, () => tell(false));
    asked.on('connect', () => tell(true));
    asked.on('error', (error: NodeJS.ErrnoException) => tell(error.code === 'ECONNREFUSED'));
  });
}
