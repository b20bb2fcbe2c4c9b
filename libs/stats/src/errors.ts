/** Every way this library refuses, by stable code. The README's table is held equal by a test. */
export const statsErrors = {
  NAME_INVALID: 'a name cannot be used',
  LIMIT_REACHED: 'more was registered than is kept',
  SNAPSHOT_INVALID: 'a snapshot cannot be read',
} as const;

export type StatsErrorCode = keyof typeof statsErrors;

/**
 * An error of this library. `code` is stable; `message` names the value got and the value wanted.
 * Registering and parsing throw it, counting never does.
 */
export class StatsError extends Error {
  override readonly name = 'StatsError';

  constructor(
    readonly code: StatsErrorCode,
    detail: string,
  ) {
    super(`${statsErrors[code]}: ${detail}`);
  }
}

/** A value as an error message shows it: strings quoted, NaN and Infinity by name. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'array' : 'object';
  return String(value);
}

/** @throws StatsError NAME_INVALID unless `name` is text that is not empty */
export function requireName(what: string, name: unknown): void {
  if (typeof name !== 'string' || name === '') {
    throw new StatsError('NAME_INVALID', `${what} is ${shown(name)}, wanted text`);
  }
}
