import { type Logger, symbols } from 'pino';
import type { DestinationStream } from 'pino';

/** What is told of a request that was answered. */
export interface Answered {
  /** A short plain word, see `requestId`. */
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly milliseconds: number;
}

/**
 * A line for every request, as the logger would write it and to where it writes. Put together by
 * hand, because there is one for every request and its form is always the same: pino, which has to
 * be ready for anything, takes five times as long.
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
