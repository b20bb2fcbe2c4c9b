import { connectValkey, endConnection } from '@adscale/cache';
import type { Logger } from 'pino';
import type { RateLimiter } from '../security/rate-limit.js';
import type { ServiceFigures } from '../stats/service-figures.js';
import { ReplicaBoard } from './board.js';
import { ValkeyCounts } from './shared-counts.js';

const PUBLISH_MS = 1000;
const SHARE_MS = 250;
/** A command that takes longer has failed. */
const TIMEOUT_MS = 200;
/** What goes wrong is logged at most so often. */
const LOG_MS = 10_000;

/**
 * Ties this process to the other replicas through Valkey: statistics and rate limits. No request
 * waits for it; while it is lost, each machine counts and limits by itself.
 * @returns to be called at the end
 */
export async function linkReplicas(
  url: string,
  { figures, limiter }: { readonly figures: ServiceFigures; readonly limiter: RateLimiter },
  logger: Logger,
): Promise<() => Promise<void>> {
  const valkey = await connectValkey(url, TIMEOUT_MS);
  let loggedAt = -Infinity;
  const warn = (error: unknown) => {
    if (performance.now() - loggedAt < LOG_MS) return;
    loggedAt = performance.now();
    const reason = error instanceof Error ? error.message : String(error);
    logger.warn({ reason }, 'no word from Valkey: this machine counts and limits by itself');
  };
  valkey.on('error', warn);
  const board = new ReplicaBoard(valkey);
  const counts = new ValkeyCounts(valkey);
  const publish = () => board.publish(figures.own());
  figures.include(board);
  const timers = [
    setInterval(() => void publish().catch(warn), PUBLISH_MS),
    setInterval(() => void limiter.share(counts).catch(warn), SHARE_MS),
  ];
  return async () => {
    timers.forEach(clearInterval);
    // The last of it, for whoever is asked next.
    await publish().catch(() => {});
    await endConnection(valkey);
  };
}
