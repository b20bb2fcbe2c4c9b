import type { IncomingHttpHeaders } from 'node:http';

/** A request that was answered, as a trace tells of it. */
export interface TracedRequest {
  readonly id: string;
  readonly method: string;
  /** The pattern of the address; undefined where no route was found. */
  readonly route: string | undefined;
  readonly path: string;
  readonly status: number;
  readonly milliseconds: number;
  readonly headers: IncomingHttpHeaders;
  /** Version of the model that answered, if one did. */
  readonly modelVersion: string | undefined;
}

/** Names the span of a request. */
export interface SpanIds {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** 16 hexadecimal digits. */
  readonly spanId: string;
}

/**
 * Records a request as a span, after it was answered: whichever door answered calls it once. It is
 * undefined wherever telemetry is off.
 */
export type Trace = (request: TracedRequest) => SpanIds;

/** Sends spans and metrics away. */
export interface Telemetry {
  /** Records a request as a span; undefined where spans go nowhere. */
  readonly trace: Trace | undefined;
  /** Sends what is left, for two seconds at most. Never rejects. */
  stop(): Promise<void>;
}
