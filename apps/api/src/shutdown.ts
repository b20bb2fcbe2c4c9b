import { setTimeout as pause } from 'node:timers/promises';
import { ServiceStats } from '@adscale/stats';
import type { Logger } from 'pino';
import type { Config } from './config.js';
import type { Service } from './service.js';

/** How long clients have to read the last answers once the time is up, in milliseconds. */
const LAST_WORDS_MS = 3000;

/** How a process ends. */
interface Farewell {
  readonly exitCode: number;
  /** Milliseconds to go on serving while load balancers notice. */
  readonly delayMs: number;
}

/**
 * Ends the process without failing a request, on a signal or after an error that nobody caught:
 *
 * ```
 * signal ─▶ /health/ready 503 ─▶ delay: still serving ─▶ no new connections, ─▶ exit 0
 *                                 while balancers notice    requests finish
 * ```
 * After the time that a request may take to arrive, what is not complete is refused, and what its
 * client does not read is cut off. If the service itself has not answered a request by then, the
 * exit code is 1. A second signal ends the process at once, and so does the first one before the service is up.
 * @param onLeft called after the last request is answered and before the process ends
 */
export class Shutdown {
  private leaving = false;

  constructor(
    private readonly service: Service,
    private readonly config: Config,
    private readonly logger: Logger,
    private readonly onLeft: () => void | Promise<void> = () => {},
  ) {}

  on(...signals: NodeJS.Signals[]): this {
    for (const signal of signals) process.on(signal, () => this.leaveOn(signal));
    return this;
  }

  /** An error that nobody caught may have left anything half done, so a new process is safer. */
  onUncaughtErrors(): this {
    process.on('uncaughtException', (error, origin) => {
      this.logger.fatal({ err: error, origin }, 'uncaught error: leaving');
      if (!this.service.isUp) process.exit(1);
      this.service.current.get(ServiceStats).counter('uncaught_errors').increment();
      if (!this.leaving) void this.leave({ exitCode: 1, delayMs: 0 }, this.logger);
    });
    return this;
  }

  private leaveOn(signal: NodeJS.Signals): void {
    if (this.leaving) process.exit(1);
    const logger = this.logger.child({ signal });
    if (!this.service.isUp) {
      logger.info('left before the service was up');
      process.exit(0);
    }
    const farewell = { exitCode: 0, delayMs: this.config.shutdownDelayMs };
    void this.leave(farewell, logger);
  }

  private async leave({ exitCode, delayMs }: Farewell, logger: Logger): Promise<void> {
    this.leaving = true;
    logger.info('leaving: no longer ready');
    this.service.startDraining();
    await pause(delayMs);
    const { requestTimeoutMs } = this.config;
    const deadlines = [
      setTimeout(() => this.service.endWaiting(), requestTimeoutMs),
      setTimeout(() => {
        logger.error('left with requests unfinished');
        process.exit(1);
      }, requestTimeoutMs + LAST_WORDS_MS),
    ];
    await this.service.close();
    deadlines.forEach(clearTimeout);
    await this.onLeft();
    logger.info('left');
    process.exit(exitCode);
  }
}
