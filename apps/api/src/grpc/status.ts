import { Metadata, status as Code } from '@grpc/grpc-js';
import { type ProblemCode, catalogue } from '../problem/catalogue.js';
import type { ProblemError, ProblemOccurrence } from '../problem/problem.js';

/** How a call ends. */
export interface CallStatus {
  readonly code: Code;
  readonly details: string;
  readonly metadata?: Metadata | null;
}

/** The same with what it adds for the client. */
type ProblemStatus = CallStatus & { readonly metadata: Metadata };

/** What an HTTP status is called in gRPC. */
const BY_STATUS: Readonly<Record<number, Code>> = {
  400: Code.INVALID_ARGUMENT,
  401: Code.UNAUTHENTICATED,
  403: Code.PERMISSION_DENIED,
  404: Code.NOT_FOUND,
  408: Code.DEADLINE_EXCEEDED,
  409: Code.FAILED_PRECONDITION,
  413: Code.INVALID_ARGUMENT,
  422: Code.INVALID_ARGUMENT,
  429: Code.RESOURCE_EXHAUSTED,
  500: Code.INTERNAL,
  503: Code.UNAVAILABLE,
};

/** What a code of gRPC that is no problem of ours counts as. */
const BY_CODE: Readonly<Partial<Record<Code, number>>> = {
  [Code.OK]: 200,
  // By convention: the client closed the request.
  [Code.CANCELLED]: 499,
  [Code.INVALID_ARGUMENT]: 400,
  [Code.UNAUTHENTICATED]: 401,
  [Code.PERMISSION_DENIED]: 403,
  [Code.NOT_FOUND]: 404,
  [Code.FAILED_PRECONDITION]: 409,
  [Code.DEADLINE_EXCEEDED]: 504,
  [Code.RESOURCE_EXHAUSTED]: 429,
  [Code.UNIMPLEMENTED]: 501,
};

/**
 * Longest text of a status. It travels as a header, a character in up to nine bytes, and many clients
 * take no more than 8 KiB of headers.
 */
const MOST_TEXT = 600;

/** The status that tells of a problem: its text begins with the problem's code. */
export function statusOf(
  code: ProblemCode,
  { detail, headers = {} }: ProblemOccurrence = {},
): ProblemStatus {
  const { status, detail: usual } = catalogue[code];
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
  const details = `${code}: ${detail ?? usual}`;
  return { code: BY_STATUS[status] ?? Code.UNKNOWN, details, metadata };
}

/** The same for a problem that was thrown. */
export function statusOfProblem({ code, occurrence }: ProblemError): ProblemStatus {
  return statusOf(code, occurrence);
}

/** The HTTP status that a call counts as, by what it was answered. */
export function httpStatusOf({ code, details }: CallStatus): number {
  const [problem] = details.split(':', 1);
  if (Object.hasOwn(catalogue, problem)) return catalogue[problem as ProblemCode].status;
  return BY_CODE[code] ?? 500;
}

/** Text that a status can carry: short, and without halves of characters, which cannot be encoded. */
export function statusText(details: string): string {
  const short = details.length <= MOST_TEXT ? details : `${details.slice(0, MOST_TEXT)}…`;
  return short.replace(/\p{Surrogate}/gu, '\ufffd');
}

/**
 * The library's own words for messages that it refuses, in those of the catalogue. It calls the client's
 * fault an internal error.
 * @param isRead whether the message had been read by then
 */
export function ownWords(status: CallStatus, isRead: boolean): CallStatus {
  if (isRead) return status;
  if (status.code === Code.RESOURCE_EXHAUSTED && /larger than/i.test(status.details)) {
    return { ...statusOf('BODY_TOO_LARGE'), code: Code.RESOURCE_EXHAUSTED };
  }
  const isMalformed =
    status.code === Code.INTERNAL && /deserializ|decompress/i.test(status.details);
  return isMalformed
    ? statusOf('MALFORMED_REQUEST', { detail: 'The message cannot be read.' })
    : status;
}
