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
import { byRows, type Steps } from '../steps.js';

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
  /** By position, of one raw row. null: every row weighs 1. */
  readonly weight: Float64Array | null;
  /** By position: raw rows that a row stands for. null: every row is one. */
  readonly count: Float64Array | null;
}

/** Sorts rows by their codes and groups the equal ones. */
export function* groupRows(packed: PackedRows, allocate: Allocate): Steps<RowGroups> {
  const { rows, words, wordsPerRow, fields, anyMissing } = packed;
  const order = yield* sortRows(packed, new Uint32Array(allocate(4 * rows)));
  const opens = (position: number): boolean => {
    if (position === 0) return true;
    const row = order[position] * wordsPerRow;
    const before = order[position - 1] * wordsPerRow;
    for (let k = 0; k < wordsPerRow; k++) if (words[row + k] !== words[before + k]) return true;
    return false;
  };
  let groups = 0;
  yield* byRows(rows, (from, to) => {
    for (let position = from; position < to; position++) groups += +opens(position);
  });
  const starts = new Uint32Array(allocate(4 * (groups + 1)));
  const groupWords = new Uint32Array(allocate(4 * groups * wordsPerRow));
  let group = 0;
  yield* byRows(rows, (from, to) => {
    for (let position = from; position < to; position++) {
      if (!opens(position)) continue;
      starts[group] = position;
      const row = order[position] * wordsPerRow;
      for (let k = 0; k < wordsPerRow; k++) groupWords[group * wordsPerRow + k] = words[row + k];
      group++;
    }
  });
  starts[groups] = rows;
  return {
    packed: { rows: groups, wordsPerRow, fields, words: groupWords, anyMissing },
    starts,
    order,
  };
}

/** Values of rows by position. */
export function* orderValues(
  values: ArrayLike<number>,
  order: Uint32Array,
  allocate: Allocate,
): Steps<Float64Array> {
  const ordered = new Float64Array(allocate(8 * order.length));
  yield* byRows(order.length, (from, to) => {
    for (let position = from; position < to; position++) {
      ordered[position] = values[order[position]];
    }
  });
  return ordered;
}

const DIGIT_BITS = 11;
const DIGITS = 2 ** DIGIT_BITS;

/** Radix sort, least digit first, word by word; digits in which all rows agree are passed over. */
function* sortRows(packed: PackedRows, order: Uint32Array): Steps<Uint32Array> {
  const { rows, wordsPerRow } = packed;
  for (let row = 0; row < rows; row++) order[row] = row;
  let from = order;
  let to: Uint32Array = new Uint32Array(rows);
  for (let word = 0; word < wordsPerRow; word++) {
    for (let shift = 0; shift < 32; shift += DIGIT_BITS) {
      const places = yield* placesOfDigits(packed, word, shift);
      if (places === null) continue;
      const [source, target] = [from, to];
      yield* byRows(rows, (first, end) =>
        dealOut(packed, word, shift, places, source, target, first, end),
      );
      [from, to] = [to, from];
    }
  }
  if (from !== order) order.set(from);
  return order;
}

/** By digit: how many rows have a lower one; null if all rows have the same. */
function* placesOfDigits(
  { rows, words, wordsPerRow }: PackedRows,
  word: number,
  shift: number,
): Steps<Uint32Array | null> {
  const places = new Uint32Array(DIGITS);
  yield* byRows(rows, (first, end) => {
    for (let i = first * wordsPerRow + word; i < end * wordsPerRow; i += wordsPerRow) {
      places[(words[i] >>> shift) & (DIGITS - 1)]++;
    }
  });
  if (places.includes(rows)) return null;
  for (let digit = 0, sum = 0; digit < DIGITS; digit++) {
    const count = places[digit];
    places[digit] = sum;
    sum += count;
  }
  return places;
}

function dealOut(
  { words, wordsPerRow }: PackedRows,
  word: number,
  shift: number,
  places: Uint32Array,
  source: Uint32Array,
  target: Uint32Array,
  first: number,
  end: number,
): void {
  for (let i = first; i < end; i++) {
    const row = source[i];
    target[places[(words[row * wordsPerRow + word] >>> shift) & (DIGITS - 1)]++] = row;
  }
}
