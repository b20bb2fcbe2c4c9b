import { hash } from 'node:crypto';
import { connectValkey, endConnection } from '@adscale/cache';
import type { Logger } from 'pino';
import type { RateLimiter, SharedCounts } from '../security/rate-limit.js';
import type { ServiceFigures } from '../stats/figures.js';
import { ReplicaBoard } from './board.js';

const PUBLISH_MS = 1000;
const SHARE_MS = 250;
/** A command that takes longer has failed. */
const TIMEOUT_MS = 200;
/** The least time between two warnings. */
const LOG_MS = 10_000;

/**
 * Ties this process to the other replicas through Valkey: statistics and rate limits. No request
 * waits for Valkey; while it is lost, each machine counts and limits by itself.
 * @returns to be called at the end; rejects never
 */
export async function linkReplicas(
  { url, machine }: { readonly url: string; readonly machine: string },
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
  const board = new ReplicaBoard(valkey, machine);
  const counts = new ValkeyCounts(valkey);
  const publish = () => board.publish(figures.own());
  figures.include(board);
  const timers = [
    setInterval(() => void publish().catch(warn), PUBLISH_MS),
    setInterval(() => void limiter.share(counts).catch(warn), SHARE_MS),
  ];
  return async () => {
    timers.forEach(clearInterval);
    // What was counted since the last time, for the processes that stay.
    await publish().catch(() => {});
    await endConnection(valkey);
  };
}

/** A count is read within its minute and the one after. */
const KEPT_SECONDS = 150;

/** Request counts that all replicas add to, in Valkey. */
class ValkeyCounts implements SharedCounts {
  constructor(private readonly valkey: Awaited<ReturnType<typeof connectValkey>>) {}

  async add(
    minute: number,
    counts: ReadonlyMap<string, number>,
  ): Promise<ReadonlyMap<string, number>> {
    const commands = this.valkey.multi();
    for (const [client, count] of counts) {
      // Hashed, because addresses are personal data.
      const key = `adscale:rate:${minute}:${hash('sha256', client)}`;
      commands.incrby(key, count).expire(key, KEPT_SECONDS);
    }
    const replies = (await commands.exec()) ?? [];
    const totals = [...counts.keys()].map((client, i): [string, number] => {
      const [error, total] = replies[2 * i] ?? [new Error('no reply')];
      if (error) throw error;
      return [client, Number(total)];
    });
    return new Map(totals);
  }
}
