/*
 * Rows of equal codes are one to every tree: no test tells them apart, and a leaf needs only the
 * sums over them. So training rows are sorted by code and grouped,
 *
 *   position     0  1  2 | 3 | 4  5 | …          starts = [0, 3, 4, 6, …]
 *   group            0   | 1 |   2  | …          packed row g = the codes of group g
 *
 * and the cost of a tree follows the number of distinct cells, not of rows. Targets and weights
 * are stored by position, so that a tree's bag is gathered by one walk through memory.
 */
import type { FeatureBins, PackedRows } from './binning.js';

/** Memory for training data: bytes, zeroed. Shared between threads, for instance. */
export type Allocate = (bytes: number) => ArrayBufferLike;

export interface RowGroups {
  /** One packed row a group. */
  readonly packed: PackedRows;
  /** First position of each group, and the number of positions behind the last. */
  readonly starts: Uint32Array;
  /** position → row */
  readonly order: Uint32Array;
}

/** What trees are grown from: shared by all of them, never written. */
export interface TrainingSet extends RowGroups {
  readonly bins: readonly FeatureBins[];
  /** By position. */
  readonly target: Float64Array;
  /** By position. Absent: every row weighs 1. */
  readonly weight: Float64Array | null;
}

/** Sorts rows by their codes and groups the equal ones. */
export function groupRows(packed: PackedRows, allocate: Allocate): RowGroups {
  const { rows, words, wordsPerRow } = packed;
  const order = sortRows(packed, new Uint32Array(allocate(4 * rows)));
  const opens = (position: number): boolean => {
    if (position === 0) return true;
    const row = order[position] * wordsPerRow;
    const before = order[position - 1] * wordsPerRow;
    for (let k = 0; k < wordsPerRow; k++) if (words[row + k] !== words[before + k]) return true;
    return false;
  };
  let groups = 0;
  for (let position = 0; position < rows; position++) groups += +opens(position);
  const starts = new Uint32Array(allocate(4 * (groups + 1)));
  const groupWords = new Uint32Array(allocate(4 * groups * wordsPerRow));
  let group = 0;
  for (let position = 0; position < rows; position++) {
    if (!opens(position)) continue;
    starts[group] = position;
    const row = order[position] * wordsPerRow;
    for (let k = 0; k < wordsPerRow; k++) groupWords[group * wordsPerRow + k] = words[row + k];
    group++;
  }
  starts[groups] = rows;
  const { fields, anyMissing } = packed;
  const grouped = { rows: groups, wordsPerRow, fields, words: groupWords, anyMissing };
  return { packed: grouped, starts, order };
}

/** Values of rows by position. */
export function orderValues(
  values: Float64Array,
  order: Uint32Array,
  allocate: Allocate,
): Float64Array {
  const ordered = new Float64Array(allocate(8 * order.length));
  for (let position = 0; position < order.length; position++)
    ordered[position] = values[order[position]];
  return ordered;
}

const DIGIT_BITS = 11;
const DIGITS = 2 ** DIGIT_BITS;

/** Radix sort, least digit first, word by word; digits in which all rows agree are passed over. */
function sortRows({ rows, words, wordsPerRow }: PackedRows, order: Uint32Array): Uint32Array {
  for (let row = 0; row < rows; row++) order[row] = row;
  let from = order;
  let to: Uint32Array = new Uint32Array(rows);
  for (let word = 0; word < wordsPerRow; word++) {
    for (let shift = 0; shift < 32; shift += DIGIT_BITS) {
      const next = new Uint32Array(DIGITS);
      for (let i = word; i < words.length; i += wordsPerRow) {
        next[(words[i] >>> shift) & (DIGITS - 1)]++;
      }
      if (next.includes(rows)) continue;
      for (let digit = 0, sum = 0; digit < DIGITS; digit++) {
        const count = next[digit];
        next[digit] = sum;
        sum += count;
      }
      for (let i = 0; i < rows; i++) {
        const row = from[i];
        to[next[(words[row * wordsPerRow + word] >>> shift) & (DIGITS - 1)]++] = row;
      }
      [from, to] = [to, from];
    }
  }
  if (from !== order) order.set(from);
  return order;
}
