/** Every way this library refuses, by stable code. The README's table is held equal by a test. */
export const cacheErrors = {
  OPTION_INVALID: 'an option is out of range, or an address is none of Valkey',
  KEY_INVALID: 'a digest, cell or record cannot name an answer',
  SIZE_INVALID: 'the size of a value is no number from 0',
} as const;

export type CacheErrorCode = keyof typeof cacheErrors;

/** An error of this library. `code` is stable; `message` names the value got and the value wanted. */
export class CacheError extends Error {
  override readonly name = 'CacheError';

  constructor(
    readonly code: CacheErrorCode,
    detail: string,
  ) {
    super(`${cacheErrors[code]}: ${detail}`);
  }
}

/** @throws CacheError OPTION_INVALID unless `value` is a whole number from `least` to `most` */
export function checkWhole(name: string, value: number, least = 0, most = Infinity): void {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return;
  const range = most === Infinity ? `from ${least}` : `from ${least} to ${most}`;
  throw new CacheError('OPTION_INVALID', `${name} must be a whole number ${range}, got ${value}`);
}
