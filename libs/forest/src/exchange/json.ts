/* Reading parsed JSON that others wrote. */
import { importInvalid } from './assemble.js';

export type Json = Readonly<Record<string, unknown>>;

/** @throws ForestError IMPORT_INVALID if `value` is no object */
export function objectOf(value: unknown, what: string): Json {
  if (value === null || typeof value !== 'object') importInvalid(`${what} is ${show(value)}`);
  return value as Json;
}

/** A value as an error message tells it. */
export function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 40));
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}
