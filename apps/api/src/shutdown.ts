import { setTimeout as pause } from 'node:timers/promises';
import { ServiceStats } from '@adscale/stats';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Logger } from 'pino';
import type { Config } from './config.js';
import { Readiness } from './health/readiness.js';

/** Why a process ends, and how. */
interface Farewell {
  readonly exitCode: number;
  /** Milliseconds to go on serving while balancers notice. */
  readonly delayMs: number;
}

/**
 * Ends the process without failing a request, on a signal or when something went wrong that nobody
 * caught:
 *
 * ```
 * signal ─▶ /health/ready 503 ─▶ delay: still serving ─▶ no new connections, ─▶ exit 0
 *                                 while balancers notice    requests finish
 * ```
 * Requests that take longer than a request may take are cut off, and the exit code is 1. A second
 * signal ends the process at once.
 * @param onLeft told when the last request is answered, before the process ends
 */
export class Shutdown {
  private leaving = false;

  constructor(
    private readonly app: () => NestFastifyApplication,
    private readonly config: Config,
    private readonly logger: Logger,
    private readonly onLeft: () => void = () => {},
  ) {}

  on(...signals: NodeJS.Signals[]): this {
    for (const signal of signals) process.on(signal, () => this.leaveOn(signal));
    return this;
  }

  /** What was thrown where nobody caught it may have left anything half done: better a new start. */
  onUncaughtErrors(): this {
    process.on('uncaughtException', (error, origin) => {
      this.logger.fatal({ err: error, origin }, 'uncaught error: leaving');
      this.app().get(ServiceStats).counter('uncaught_errors').increment();
      if (!this.leaving) void this.leave({ exitCode: 1, delayMs: 0 }, this.logger);
    });
    return this;
  }

  private leaveOn(signal: NodeJS.Signals): void {
    if (this.leaving) process.exit(1);
    const farewell = { exitCode: 0, delayMs: this.config.shutdownDelayMs };
    void this.leave(farewell, this.logger.child({ signal }));
  }

  private async leave({ exitCode, delayMs }: Farewell, logger: Logger): Promise<void> {
    this.leaving = true;
    logger.info('leaving: no longer ready');
    this.app().get(Readiness).startDraining();
    await pause(delayMs);
    const deadline = setTimeout(() => {
      logger.error('left with requests unfinished');
      process.exit(1);
    }, this.config.requestTimeoutMs);
    await this.app().close();
    clearTimeout(deadline);
    this.onLeft();
    logger.info('left');
    process.exit(exitCode);
  }
}
