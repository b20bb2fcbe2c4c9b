import { setTimeout as pause } from 'node:timers/promises';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Logger } from 'pino';
import type { Config } from './config.js';
import { Readiness } from './health/readiness.js';

/**
 * Ends the process on SIGTERM or SIGINT without failing a request:
 *
 * ```
 * signal ─▶ /health/ready 503 ─▶ delay: still serving ─▶ no new connections, ─▶ exit 0
 *                                 while balancers notice    requests finish
 * ```
 * Requests that take longer than a request may take are cut off, and the exit code is 1. A second
 * signal ends the process at once.
 */
export function closeOnSignals(app: NestFastifyApplication, config: Config, logger: Logger): void {
  let leaving = false;
  const leave = (signal: NodeJS.Signals) => {
    if (leaving) process.exit(1);
    leaving = true;
    void close(app, config, logger.child({ signal }));
  };
  process.on('SIGTERM', leave).on('SIGINT', leave);
}

async function close(app: NestFastifyApplication, config: Config, logger: Logger): Promise<void> {
  logger.info('leaving: no longer ready');
  app.get(Readiness).startDraining();
  await pause(config.shutdownDelayMs);
  const deadline = setTimeout(() => {
    logger.error('left with requests unfinished');
    process.exit(1);
  }, config.requestTimeoutMs);
  await app.close();
  clearTimeout(deadline);
  logger.info('left');
  process.exit(0);
}
