import { connectValkey, endConnection } from '@adscale/cache';
import type { Logger } from 'pino';
import type { ServiceFigures } from '../stats/figures.js';
import { ReplicaBoard } from './board.js';
import { TIMEOUT_MS, warner } from './valkey.js';

const PUBLISH_MS = 1000;

/**
 * Ties the figures of this process to those of the other replicas through Valkey. No request waits
 * for it; while it is lost, each machine speaks for itself.
 * @returns to be called at the end; rejects never
 */
export async function linkReplicas(
  { url, machine }: { readonly url: string; readonly machine: string },
  figures: ServiceFigures,
  logger: Logger,
): Promise<() => Promise<void>> {
  const valkey = await connectValkey(url, TIMEOUT_MS);
  const warn = warner(logger, 'no word from Valkey: this machine counts by itself');
  valkey.on('error', warn);
  const board = new ReplicaBoard(valkey, machine);
  const publish = () => board.publish(figures.own());
  figures.include(board);
  const timer = setInterval(() => void publish().catch(warn), PUBLISH_MS);
  return async () => {
    clearInterval(timer);
    // What was counted since the last time, for the processes that stay.
    await publish().catch(() => {});
    await endConnection(valkey);
  };
}
