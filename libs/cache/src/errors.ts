/** Stable reasons for which this library refuses to work. */
export type CacheErrorCode = 'OPTION_INVALID' | 'KEY_INVALID';

/** The one error class of this library; `code` is stable, `message` is for people. */
export class CacheError extends Error {
  override readonly name = 'CacheError';

  constructor(
    readonly code: CacheErrorCode,
    message: string,
  ) {
    super(message);
  }
}
