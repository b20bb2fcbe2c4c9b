/** Every way this library refuses, by stable code. The README's table is held equal by a test. */
export const datagenErrors = {
  OPTION_INVALID: 'a generator option is unknown or out of range',
  RECORD_INVALID: 'an ad record has no true CTR',
  TABLE_INVALID: 'a table is too small or too uniform to measure',
} as const;

export type DatagenErrorCode = keyof typeof datagenErrors;

/** An error of this library: `code` is stable, `message` names what was got and what was wanted. */
export class DatagenError extends Error {
  override readonly name = 'DatagenError';

  constructor(
    readonly code: DatagenErrorCode,
    detail: string,
  ) {
    super(`${datagenErrors[code]}: ${detail}`);
  }
}

/**
 * Refuses a value.
 * @param name the option or field
 * @param wanted what it may be, in words
 */
export function refuse(code: DatagenErrorCode, name: string, got: unknown, wanted: string): never {
  throw new DatagenError(code, `${name} is ${shown(got)}, wanted ${wanted}`);
}

/** A value as an error message shows it: strings quoted, NaN and Infinity by name. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'array' : 'object';
  return String(value);
}
