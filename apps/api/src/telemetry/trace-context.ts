import type { IncomingHttpHeaders } from 'node:http';

/** What a client says of the trace that its request is part of. */
export interface TraceContext {
  /** The header as it was sent. */
  readonly traceparent: string;
  /** 32 hexadecimal digits. */
  readonly traceId: string;
}

const TRACEPARENT =
  /^(?!ff)([\da-f]{2})-(?!0{32})([\da-f]{32})-(?!0{16})[\da-f]{16}-[\da-f]{2}(-|$)/;
/** Of version 00, whose header has nothing behind the flags; a later one may say more. */
const LENGTH = 55;
const MOST_LENGTH = 256;

/**
 * Reads `traceparent` by the W3C's "Trace Context"; undefined where there is none or it is not valid,
 * which by that text means the same. What it gives is plain enough to be written as it is.
 */
export function traceContextOf({ traceparent }: IncomingHttpHeaders): TraceContext | undefined {
  if (typeof traceparent !== 'string' || traceparent.length > MOST_LENGTH) return undefined;
  const [, version, traceId] = TRACEPARENT.exec(traceparent) ?? [];
  if (traceId === undefined || (version === '00' && traceparent.length !== LENGTH))
    return undefined;
  // A later version may go on with anything.
  return { traceparent: traceparent.slice(0, LENGTH), traceId };
}
