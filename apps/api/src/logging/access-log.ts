import type { ServiceStats } from '@adscale/stats';
import type { IncomingHttpHeaders } from 'node:http';
import { type Logger, symbols } from 'pino';
import type { DestinationStream } from 'pino';
import type { SpanIds } from '../telemetry/trace.js';
import { traceContextOf } from '../telemetry/trace-context.js';

/** What a line says of a request that was answered. */
export interface Answered {
  /** A short plain word, see `requestId`. */
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly milliseconds: number;
  /** The request's: they may name the trace that it is part of. */
  readonly headers?: IncomingHttpHeaders;
  /** Version of the model that answered, if one did; for traces, the line does not say it. */
  readonly modelVersion?: string;
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

  /**
   * @param quiet at level debug, as probes ask all the time
   * @param span that the request was recorded as, if it was
   */
  write(answered: Answered, quiet: boolean, span?: SpanIds): void {
    const { id, method, path, status, milliseconds, headers } = answered;
    const ms = Math.round(milliseconds * 1000) / 1000;
    const isTraced = span !== undefined || headers?.traceparent !== undefined;
    if (quiet) {
      const trace = isTraced ? traceFields(headers, span) : undefined;
      this.logger.debug({ request_id: id, method, path, status, ms, ...trace }, 'request');
    } else if (this.isInfo) {
      this.stream.write(
        `{"level":30,"time":${Date.now()},"service":"adscale-api","request_id":"${id}",` +
          `"method":"${method}","path":${JSON.stringify(path)},"status":${status},"ms":${ms},` +
          `${isTraced ? traceText(headers, span) : ''}"msg":"request"}\n`,
      );
    }
  }
}

/** What joins a line with a trace: its ids, and what the client said of it. All are plain text. */
function traceFields(
  headers: IncomingHttpHeaders = {},
  span: SpanIds | undefined,
): Record<string, string> {
  const context = traceContextOf(headers);
  const traceId = span?.traceId ?? context?.traceId;
  return {
    ...(traceId !== undefined && { trace_id: traceId }),
    ...(span !== undefined && { span_id: span.spanId }),
    ...(context !== undefined && { traceparent: context.traceparent }),
  };
}

function traceText(headers: IncomingHttpHeaders | undefined, span: SpanIds | undefined): string {
  return Object.entries(traceFields(headers, span))
    .map(([name, value]) => `"${name}":"${value}",`)
    .join('');
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
