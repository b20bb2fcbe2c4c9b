/*
 * Rows of equal codes are one to every tree: no test tells them apart, and a leaf needs only the
 * sums over them. So training rows are coded, sorted by code and grouped, by kernels
 * (kernels/records.ts),
 *
 *   position     0  1  2 | 3 | 4  5 | …
 *   group            0   | 1 |   2  | …
 *
 * and the cost of a tree follows the number of distinct cells, not of rows.
 */
import { layOutFields, wordsOf, type CodeFields, type FeatureBins } from './binning.js';
import type { Columns } from './columns.js';
import { indexCuts } from './cut-search.js';
import { copyNumbers, Kernels, putCoding, type KernelMemory } from '../kernels/kernels.js';
import { byRows, type Steps } from '../steps.js';

/** Numbers that go with a row of features. */
export interface RowNumbers<Numbers = ArrayLike<number>> {
  readonly target: Numbers;
  /** Of one raw row. null: every row weighs 1. */
  readonly weight: Numbers | null;
  /** Raw rows that a row stands for. null: every row is one. */
  readonly count: Numbers | null;
}

/** What trees are grown from: all growers of a fit read its records, on whatever thread. */
export interface TrainingSet {
  readonly rows: number;
  readonly bins: readonly FeatureBins[];
  readonly fields: CodeFields;
  readonly wordsPerRow: number;
  /** By feature: does any row miss it? */
  readonly anyMissing: readonly boolean[];
  readonly weighted: boolean;
  readonly counted: boolean;
  /** Groups of equal rows. */
  readonly groups: number;
  /** No target is larger in size. */
  readonly largestTarget: number;
  /** Where the sorted records are. Null once they have served. */
  memory: KernelMemory | null;
  readonly records: number;
}

/** Rows that pass between the host and the kernels at a time: they stay in a second-level cache. */
const WINDOW = 8192;

/** Codes rows, sorts them by their codes and groups the equal ones. */
export function* groupRows(
  kernels: Kernels,
  columns: Columns,
  bins: readonly FeatureBins[],
  numbers: RowNumbers,
): Steps<TrainingSet> {
  const { rows } = columns;
  const { target, weight, count } = numbers;
  const fields = layOutFields(bins);
  const wordsPerRow = wordsOf(fields);
  const [weighted, counted] = [weight !== null, count !== null];
  const { call } = kernels;
  call.bindRecords(rows, weighted, counted, 4 * wordsPerRow, 0);
  const anyMissing = yield* putRecords(kernels, columns, bins, fields, numbers);
  yield* sortRecords(kernels, rows);
  let groups = 0;
  let largestTarget = 0;
  yield* byRows(rows, (from, to) => {
    groups += call.markGroups(from, to);
    for (let row = from; row < to; row++) {
      largestTarget = Math.max(largestTarget, Math.abs(target[row]));
    }
  });
  const { memory } = kernels;
  const records = call.records.value >>> 0;
  return {
    rows,
    bins,
    fields,
    wordsPerRow,
    anyMissing,
    weighted,
    counted,
    groups,
    largestTarget,
    memory,
    records,
  };
}

/** Kernels that know the records of a set. */
export function kernelsOver(set: TrainingSet): Kernels {
  const kernels = new Kernels(set.memory!);
  const { rows, weighted, counted, wordsPerRow, records } = set;
  kernels.call.bindRecords(rows, weighted, counted, 4 * wordsPerRow, records);
  return kernels;
}

/** A copy of the counts of a counted set, by position. */
export function countsOf(set: TrainingSet): Float64Array {
  const kernels = kernelsOver(set);
  const { rows, weighted } = set;
  const counts = new Float64Array(rows);
  const window = kernels.room(Float64Array, WINDOW);
  for (let from = 0; from < rows; from += WINDOW) {
    const length = Math.min(WINDOW, rows - from);
    kernels.call.takeNumbers(weighted ? 2 : 1, from, length, window);
    counts.set(kernels.at(Float64Array, window, length), from);
  }
  return counts;
}

/**
 * The numbers of a set by position, and which row is at each, in the set's own memory behind its records:
 * where growers were, which must have ended.
 */
export function byPosition(
  set: TrainingSet,
): RowNumbers<Float64Array> & { readonly order: Uint32Array } {
  const kernels = kernelsOver(set);
  const { call } = kernels;
  const { rows, weighted, counted } = set;
  call.releaseGrowers();
  const rooms = [true, weighted, counted]
    .filter(Boolean)
    .map(() => kernels.room(Float64Array, rows));
  const orderRoom = kernels.room(Uint32Array, rows);
  rooms.forEach((room, which) => call.takeNumbers(which, 0, rows, room));
  call.takeRows(0, rows, orderRoom);
  const [target, ...rest] = rooms.map((room) => kernels.at(Float64Array, room, rows));
  return {
    order: kernels.at(Uint32Array, orderRoom, rows),
    target,
    weight: weighted ? rest[0] : null,
    count: counted ? rest[rest.length - 1] : null,
  };
}

/** Makes every row's record. By feature: does any row miss it? */
function* putRecords(
  kernels: Kernels,
  { rows, values }: Columns,
  bins: readonly FeatureBins[],
  fields: CodeFields,
  { target, weight, count }: RowNumbers,
): Steps<boolean[]> {
  const { call } = kernels;
  const codings = bins.map((feature) =>
    putCoding(kernels, feature.categorical, feature.bins, indexCuts(feature.cuts)),
  );
  call.bindCodes(WINDOW);
  const window = kernels.room(Float64Array, WINDOW);
  const numbers = [target, weight, count].filter((column) => column !== null);
  const bring = (column: ArrayLike<number>, from: number, length: number): void =>
    copyNumbers(kernels.at(Float64Array, window, length), column, from, length);
  const anyMissing = bins.map(() => false);
  yield* byRows(rows, (first, end) => {
    for (let from = first; from < end; from += WINDOW) {
      const length = Math.min(WINDOW, end - from);
      call.putRows(from, length);
      numbers.forEach((column, which) => {
        bring(column, from, length);
        call.putNumbers(which, window, from, length);
      });
      codings.forEach((coding, f) => {
        bring(values[f], from, length);
        const offset = byteOffset(fields, f);
        const missing = call.putColumn(coding, window, from, length, offset, fields.mask[f] > 255);
        if (missing !== 0) anyMissing[f] = true;
      });
    }
  });
  return anyMissing;
}

/** Where a feature's code is among those of a row, in bytes. */
export function byteOffset({ word, shift }: CodeFields, f: number): number {
  return 4 * word[f] + shift[f] / 8;
}

/** Sorts records by the codes of the last feature, then of the one before it, …, then by row. */
function* sortRecords({ call }: Kernels, rows: number): Steps<void> {
  if (rows === 1) return;
  for (let level = 0, isLaid = false; !isLaid; level++) {
    call.beginSort(level);
    yield* byRows(rows, (from, to) => call.countTop(from, to));
    isLaid = call.layTop() !== 0;
  }
  for (const step of [call.fillTop, call.sortTop]) {
    for (let bucket = 0; bucket < 256; bucket++) {
      step(bucket);
      yield;
    }
  }
}
