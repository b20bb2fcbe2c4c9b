/** Every way this library refuses, by stable code. */
export const monitorErrors = {
  CELL_INVALID: 'a counted outcome is not usable',
  OPTION_INVALID: 'an option is not usable',
  GROWTH_INVALID: 'a row of how counts grew is not usable',
} as const;

export type MonitorErrorCode = keyof typeof monitorErrors;

/** An error of this library: `code` is stable, `message` names what was got and what was wanted. */
export class MonitorError extends Error {
  override readonly name = 'MonitorError';

  constructor(
    readonly code: MonitorErrorCode,
    readonly detail: string,
    /** What is wrong, such as `clicks` or `alpha`. */
    readonly field: string,
  ) {
    super(`${monitorErrors[code]}: ${detail}`);
  }
}

/**
 * A number that was given, if it is one and in range.
 * @throws MonitorError OPTION_INVALID
 */
export function within(
  field: string,
  value: number,
  [above, below]: readonly [number, number],
): number {
  if (typeof value === 'number' && value > above && value < below) return value;
  const got = typeof value === 'number' ? value : JSON.stringify(value);
  throw new MonitorError(
    'OPTION_INVALID',
    `${field} is ${got}, and must lie between ${above} and ${below}`,
    field,
  );
}
