/** One value that the service would not take. */
export interface FieldError {
  readonly field: string;
  readonly value?: unknown;
  readonly message: string;
}

/** What the service answered instead of what was asked: its problem document (RFC 9457). */
export class Problem extends Error {
  override readonly name = 'Problem';

  constructor(
    /** Status of the answer; 0 if there was none. */
    readonly status: number,
    /** From the service's catalogue; OFFLINE if there was no answer, UNREADABLE if it was no problem document. */
    readonly code: string,
    message: string,
    readonly errors: readonly FieldError[] = [],
    /** Seconds after which it makes sense to ask again, if the service said so. */
    readonly retryAfter?: number,
  ) {
    super(message);
  }

  /** Another key would help. */
  get wantsKey(): boolean {
    return this.status === 401 || this.status === 403;
  }
}

/** The problem that an answer with an error status tells. */
export function problemOf(status: number, body: unknown, retryAfter: string | null): Problem {
  const { code, title, detail, errors } = (body ?? {}) as Partial<
    Record<'code' | 'title' | 'detail', string> & { errors: FieldError[] }
  >;
  const seconds = retryAfter === null ? undefined : Number(retryAfter);
  if (code === undefined) {
    return new Problem(status, 'UNREADABLE', `The service answered ${status}.`, [], seconds);
  }
  return new Problem(status, code, detail ?? title ?? code, errors, seconds);
}

/** Whatever was thrown, as a problem: without an answer, the service is out of reach. */
export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof TypeError) {
    return new Problem(0, 'OFFLINE', 'The service cannot be reached.');
  }
  return new Problem(0, 'UNEXPECTED', error instanceof Error ? error.message : String(error));
}
