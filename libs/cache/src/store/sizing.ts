import type { CellKey } from '../keys/keys.js';

/** What the store itself keeps for an entry: its place in the index, links, age and counters. */
export const ENTRY_BYTES = 96;

const NUMBER_BYTES = 16;
const OBJECT_BYTES = 24;
const REFERENCE_BYTES = 8;

/**
 * About how much memory a value takes in V8, in bytes: numbers 16, texts two a code unit, buffers
 * their length, objects and arrays the sum of what is in them. An estimate from above for plain
 * data; values that share parts count them each time, so give a `sizeOf` of your own for those.
 */
export function bytesOf(value: unknown): number {
  switch (typeof value) {
    case 'number':
    case 'bigint':
      return NUMBER_BYTES;
    case 'string':
      return textBytes(value);
    case 'object':
      return value === null ? 0 : objectBytes(value);
    default:
      return REFERENCE_BYTES;
  }
}

/** What an entry costs beside its value. */
export function keyBytes(key: CellKey): number {
  return ENTRY_BYTES + (typeof key === 'string' ? textBytes(key) : 0);
}

function textBytes(text: string): number {
  return OBJECT_BYTES + 2 * text.length;
}

function objectBytes(value: object): number {
  if (ArrayBuffer.isView(value)) return 4 * OBJECT_BYTES + value.byteLength;
  let bytes = OBJECT_BYTES;
  for (const part of Object.values(value)) bytes += REFERENCE_BYTES + bytesOf(part);
  return bytes;
}
