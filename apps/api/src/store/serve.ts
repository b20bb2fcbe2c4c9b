import { setPriority } from 'node:os';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { Database } from './database.js';
import { unavailability } from './errors.js';
import type { FromThread, ThreadData, ToThread } from './messages.js';
import type { Queries } from './query.js';

/** The thread yields to the event loop where both want the same core: what is kept can wait. */
const NICE = 5;

/** Answers what the store asks, in the thread that this is called in, until it is told to close. */
export function serveQueries(queries: Queries): void {
  const port = parentPort;
  if (port === null) throw new Error('the queries of a store are served in a thread of its own');
  // There, a priority is that of the thread that sets it.
  if (process.platform === 'linux') setPriority(NICE);
  const tell = (message: FromThread) => port.postMessage(message);
  const database = new Database(workerData as ThreadData, {
    opened: () => tell({ kind: 'opened' }),
    failed: (error) => tell({ kind: 'failed', reason: reasonOf(error) }),
  });
  const underWay = new Set<Promise<void>>();
  port.on('message', (message: ToThread) => {
    if (message.kind === 'close') return void close(port, database, underWay);
    const { id, name, args } = message;
    const answered = answer(queries, name, args, database).then(
      (result) => tell({ kind: 'result', id, result }),
      (error: unknown) => tell({ kind: 'error', id, ...toldOf(error) }),
    );
    underWay.add(answered);
    void answered.finally(() => underWay.delete(answered));
  });
}

async function answer(
  queries: Queries,
  name: string,
  args: unknown,
  database: Database,
): Promise<unknown> {
  let db;
  try {
    db = await database.get();
  } catch (error) {
    throw new NotOpen(reasonOf(error));
  }
  return queries[name](db, args);
}

/** No database: whatever the reason, it is not the query's. */
class NotOpen extends Error {}

function toldOf(error: unknown): { readonly reason: string; readonly unavailable: boolean } {
  if (error instanceof NotOpen) return { reason: error.message, unavailable: true };
  const reason = unavailability(error);
  if (reason !== undefined) return { reason, unavailable: true };
  const stack = error instanceof Error ? error.stack : undefined;
  return { reason: stack ?? String(error), unavailable: false };
}

function reasonOf(error: unknown): string {
  return unavailability(error) ?? (error instanceof Error ? error.message : String(error));
}

/** Ends the thread when what it was asked is answered. */
async function close(
  port: MessagePort,
  database: Database,
  underWay: ReadonlySet<Promise<void>>,
): Promise<void> {
  await Promise.all(underWay);
  await database.close();
  port.close();
}
