import type { FastifyReply } from 'fastify';
import { closeIfUnread } from '../connections.js';
import { type CatalogueEntry, type ProblemCode, catalogue } from './catalogue.js';

/** One field that breaks its rule. `value` is left out when the field is missing. */
export interface FieldError {
  readonly field: string;
  readonly value?: unknown;
  readonly rule: string;
  readonly message: string;
}

/** An error answer in the form of RFC 9457. */
export interface ProblemBody {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: ProblemCode;
  readonly request_id?: string;
  readonly errors?: readonly FieldError[];
}

/** What an occurrence of a problem adds to its catalogue entry. */
export interface ProblemOccurrence {
  readonly detail?: string;
  readonly errors?: readonly FieldError[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
}

export const PROBLEM_TYPE = 'application/problem+json';

/** An error that, thrown anywhere in a request, becomes its answer. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';

  constructor(
    readonly code: ProblemCode,
    readonly occurrence: ProblemOccurrence = {},
  ) {
    super(occurrence.detail ?? catalogue[code].detail, { cause: occurrence.cause });
  }

  get status(): number {
    return catalogue[this.code].status;
  }
}

/** The answer for a problem; `requestId` is what the log knows the request by. */
export function problemBody(
  code: ProblemCode,
  { detail, errors }: ProblemOccurrence = {},
  requestId?: string,
): ProblemBody {
  const entry: CatalogueEntry = catalogue[code];
  return {
    type: `urn:adscale:problem:${code.toLowerCase().replaceAll('_', '-')}`,
    title: entry.title,
    status: entry.status,
    detail: detail ?? entry.detail,
    code,
    ...(requestId !== undefined && { request_id: requestId }),
    ...(errors !== undefined && { errors }),
  };
}

/** `problemBody` as it is sent. */
export function problemText(
  code: ProblemCode,
  occurrence: ProblemOccurrence,
  requestId: string,
): string {
  return JSON.stringify(problemBody(code, occurrence, requestId));
}

/** Answers with a problem without throwing it, which would cost a stack trace. */
export function sendProblem(
  reply: FastifyReply,
  code: ProblemCode,
  occurrence: ProblemOccurrence = {},
): void {
  closeIfUnread(reply.request.raw, reply.raw);
  void reply
    .status(catalogue[code].status)
    .headers({ ...occurrence.headers, 'content-type': PROBLEM_TYPE })
    .send(problemBody(code, occurrence, reply.request.id));
}
