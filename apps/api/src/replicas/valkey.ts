import type { connectValkey } from '@adscale/cache';
import type { Logger } from 'pino';

export type Valkey = Awaited<ReturnType<typeof connectValkey>>;

/** A command that takes longer has failed. */
export const TIMEOUT_MS = 200;
/** The least time between two warnings. */
const LOG_MS = 10_000;

/** Logs errors of a connection, now and then. */
export function warner(logger: Logger, message: string): (error: unknown) => void {
  let loggedAt = -Infinity;
  return (error) => {
    if (performance.now() - loggedAt < LOG_MS) return;
    loggedAt = performance.now();
    const reason = error instanceof Error ? error.message : String(error);
    logger.warn({ reason }, message);
  };
}
