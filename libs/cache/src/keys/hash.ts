/*
 * 32-bit hashes for what is kept per request or per key. All are MurmurHash3's rounds and finaliser
 * (Appleby, public domain): good enough to sample by, far too weak to trust an opponent with, which
 * is why a cached answer is never looked up by one of these. They are signed, as bitwise operators
 * give them: V8 keeps such a number in a register, where half of the unsigned ones need memory.
 */
import type { CellKey } from './keys.js';

// Taken once: in a sandbox such as a test runner's, looking Math up costs more than the hash.
const { imul } = Math;
const double = new Float64Array(1);
const halves = new Uint32Array(double.buffer);

/**
 * A hash of a row's numbers, for counting distinct requests. Rows that are equal number by number
 * have the same hash: -0 counts as 0, and every NaN as the same one. Allocates nothing.
 * @param row a row in schema order, any length
 * @returns a whole number from -2^31 to 2^31 - 1
 */
export function hashRow(row: ArrayLike<number>): number {
  const width = row.length;
  let hash = 0;
  for (let i = 0; i < width; i++) {
    const value = row[i]!;
    // Two statements: as one conditional value, V8 would make an object of the number.
    if (value === value) double[0] = value + 0;
    else double[0] = NaN;
    hash = round(round(hash, halves[0]!), halves[1]!);
  }
  return mix(hash ^ width);
}

/** A hash of a cell's key or of a text, code unit by code unit: 32 bits, signed. */
export function hashKey(key: CellKey): number {
  if (typeof key === 'number') return mix(round(round(0, key | 0), Math.floor(key / 2 ** 32)));
  let hash = 0;
  for (let i = 0; i < key.length; i++) hash = round(hash, key.charCodeAt(i));
  return mix(hash ^ key.length);
}

/** MurmurHash3's finaliser: each bit of `value` reaches each bit of the result, 32 signed. */
export function mix(value: number): number {
  let hash = value | 0;
  hash = imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

function round(hash: number, word: number): number {
  let block = imul(word, 0xcc9e2d51);
  block = imul((block << 15) | (block >>> 17), 0x1b873593);
  const mixed = hash ^ block;
  return (imul((mixed << 13) | (mixed >>> 19), 5) + 0xe6546b64) | 0;
}
