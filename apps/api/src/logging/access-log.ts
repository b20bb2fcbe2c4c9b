import type { ServiceStats } from '@adscale/stats';
import { type Logger, symbols } from 'pino';
import type { DestinationStream } from 'pino';

/** What a line says of a request that was answered. */
export interface Answered {
  /** A short plain word, see `requestId`. */
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly milliseconds: number;
}

/**
 * Writes a line for every request, in the logger's format and to the logger's stream. The line is
 * put together by hand because every request has one and its form is always the same; pino, which
 * has to be ready for anything, takes five times as long.
 */
export class AccessLog {
  private readonly stream: DestinationStream;
  private readonly isInfo: boolean;

  constructor(private readonly logger: Logger) {
    this.stream = (logger as unknown as Record<symbol, DestinationStream>)[symbols.streamSym];
    this.isInfo = logger.isLevelEnabled('info');
  }

  /** @param quiet at level debug, as probes ask all the time */
  write(answered: Answered, quiet: boolean): void {
    const { id, method, path, status, milliseconds } = answered;
    const ms = Math.round(milliseconds * 1000) / 1000;
    if (quiet) this.logger.debug({ request_id: id, method, path, status, ms }, 'request');
    else if (this.isInfo) {
      this.stream.write(
        `{"level":30,"time":${Date.now()},"service":"adscale-api","request_id":"${id}",` +
          `"method":"${method}","path":${JSON.stringify(path)},"status":${status},"ms":${ms},` +
          `"msg":"request"}\n`,
      );
    }
  }
}

/**
 * Logs and counts requests that no route saw: of what could not be read there is neither method nor
 * path to tell.
 */
export function unreadableLog(
  logger: Logger,
  stats: ServiceStats,
): (unreadable: { readonly id: string; readonly code: string; readonly status: number }) => void {
  const nowhere = stats.route('*', '(no route)', { background: true });
  return ({ id, code, status }) => {
    stats.countRequest(nowhere, status, NaN);
    logger.info({ request_id: id, status, code }, 'request not readable');
  };
}
