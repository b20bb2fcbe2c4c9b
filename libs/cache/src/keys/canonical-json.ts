import { CacheError } from '../errors.js';

/** Deeper values are refused: they are no records, and recursion has an end. */
const MAX_DEPTH = 64;

/**
 * The one JSON text of a value, after RFC 8785: keys sorted by UTF-16 code units, no white space,
 * numbers as ECMAScript writes them. So 1, 1.0 and 1e0 are one number, and -0 is 0. Unlike the RFC
 * it takes halves of surrogate pairs, which are written as escapes, so that no two texts become
 * one. Texts that look alike but differ in code units (é composed or not) stay different.
 * @param value null, a boolean, a finite number, a text, or arrays and plain objects of these;
 *   properties that are undefined count as absent, as in JSON
 * @throws CacheError KEY_INVALID naming the place of what has no JSON text
 */
export function canonicalJson(value: unknown): string {
  return write(value, '$', 0);
}

function write(value: unknown, path: string, depth: number): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') {
    return JSON.stringify(value);
  }
  if (typeof value === 'number' && Number.isFinite(value)) return JSON.stringify(value);
  if (typeof value !== 'object') throw refusal(value, path);
  if (depth === MAX_DEPTH) {
    throw new CacheError('KEY_INVALID', `${path} is nested deeper than ${MAX_DEPTH} levels`);
  }
  if (Array.isArray(value)) {
    const items = Array.from(value, (item, i) => write(item, `${path}[${i}]`, depth + 1));
    return `[${items.join()}]`;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) throw refusal(value, path);
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => `${JSON.stringify(key)}:${write(member, `${path}.${key}`, depth + 1)}`);
  return `{${members.join()}}`;
}

function refusal(value: unknown, path: string): CacheError {
  const got =
    typeof value === 'object'
      ? Object.prototype.toString.call(value)
      : `${typeof value} ${String(value)}`;
  return new CacheError(
    'KEY_INVALID',
    `${path} must be plain JSON with finite numbers, got ${got}`,
  );
}
