/*
 * All rows of a fit, sorted by their codes. A row is one record, so that nothing is looked up by row:
 * looking up costs a cache miss each, and moving a record a few nanoseconds.
 *
 *   record      | target | weight, if any | count, if any | row, + OPENS | codes … | padding |
 *
 * They are sorted in place, byte by byte from the last code on, and at last by row: an American flag
 * sort (McIlroy, Bostic and McIlroy 1993). Then rows of equal codes lie together, a group, and its first
 * record is marked. All growers of a fit read the records.
 */
import { Coding, putCodes } from './codes';
import { release, take } from './memory';

const BUCKETS: u32 = 256;
/** Of a level: by bucket, where the next record of it goes; then, by bucket, where it ends. */
const TABLE: u32 = 8 * BUCKETS;
const ENDS: usize = 4 * 256;
/** Up to so many records are sorted by insertion. */
const FEW: u32 = 12;

/** The bit beside the row of a record that begins a group. */
const OPENS: u32 = 0x80000000;

export let records: usize = 0;
let rowAt: u32 = 0;
/** From a record to its codes, in bytes. */
export let codesAt: u32 = 0;
let codeBytes: u32 = 0;
/** From a record to the next, in bytes. */
export let step: u32 = 0;
let rows: u32 = 0;
export let hasWeight: bool = false;
let hasCount: bool = false;
export let countAt: u32 = 0;
let tables: usize = 0;

/** Says how records lie, and where: 0 if they are still to be made. */
export function bindRecords(
  rows_: u32,
  weights: bool,
  counts: bool,
  codeBytes_: u32,
  at: usize,
): void {
  rows = rows_;
  codeBytes = codeBytes_;
  hasWeight = weights;
  hasCount = counts;
  countAt = weights ? 16 : 8;
  rowAt = countAt + (counts ? 8 : 0);
  codesAt = rowAt + 4;
  step = (codesAt + codeBytes + 7) & ~7;
  records = at;
  if (at != 0) return;
  tables = take(codeBytes + 4, TABLE);
  records = take(rows, step);
}

/** Puts the codes of one feature into the records from row `from` on. */
export function putColumn(
  coding: usize,
  values: usize,
  from: u32,
  count: u32,
  offset: u32,
  wide: bool,
): bool {
  return putCodes(
    changetype<Coding>(coding),
    values,
    count,
    records + from * step + codesAt + offset,
    step,
    wide,
  );
}

/** Puts numbers into the records from row `from` on. */
export function putNumbers(which: u32, values: usize, from: u32, count: u32): void {
  let to = records + from * step + 8 * which;
  for (let i: u32 = 0; i < count; i++, to += step) store<f64>(to, load<f64>(values + (i << 3)));
}

/** Puts the rows' numbers into their records; codes are 0 until they are put. */
export function putRows(from: u32, count: u32): void {
  let to = records + from * step;
  for (let row = from; row < from + count; row++, to += step) {
    store<u32>(to + rowAt, row);
    for (let byte: u32 = 0; byte < codeBytes; byte += 4) store<u32>(to + codesAt + byte, 0);
  }
}

/** The byte that rows are sorted by at a level; the last levels are those of the row. */
function byteOf(level: u32): u32 {
  return level < codeBytes ? codesAt + codeBytes - 1 - level : rowAt + 3 - (level - codeBytes);
}

/** Counts the bytes of a level, `from` … `to` − 1, into the table of that level. */
function countBytes(level: u32, from: usize, to: usize): void {
  const counts = tables + level * TABLE;
  for (let at = from + byteOf(level), end = to; at < end; at += step) {
    const place = counts + ((<u32>load<u8>(at)) << 2);
    store<u32>(place, load<u32>(place) + 1);
  }
}

/** Turns counts into the buckets' heads and ends; false if all are in one bucket. */
function layBuckets(level: u32, from: usize, to: usize): bool {
  const heads = tables + level * TABLE;
  const whole = <u32>((to - from) / step);
  let head = from;
  for (let bucket: u32 = 0; bucket < BUCKETS; bucket++) {
    const place = heads + (bucket << 2);
    const count = load<u32>(place);
    if (count == whole) return false;
    store<u32>(place, <u32>head);
    head += count * step;
    store<u32>(place, <u32>head, ENDS);
  }
  return true;
}

/** Brings the records of one bucket to where they belong, and whatever lies there to where it does. */
function fillBucket(level: u32, bucket: u32): void {
  const heads = tables + level * TABLE;
  const byte = byteOf(level);
  const end = <usize>load<u32>(heads + (bucket << 2), ENDS);
  for (let at = <usize>load<u32>(heads + (bucket << 2)); at < end;) {
    const mine: u32 = load<u8>(at + byte);
    if (mine == bucket) {
      at += step;
      continue;
    }
    const head = heads + (mine << 2);
    const target = <usize>load<u32>(head);
    store<u32>(head, <u32>(target + step));
    swap(at, target);
  }
  store<u32>(heads + (bucket << 2), <u32>end);
}

function swap(one: usize, other: usize): void {
  for (const end = one + step; one < end; one += 8, other += 8) {
    const word = load<u64>(one);
    store<u64>(one, load<u64>(other));
    store<u64>(other, word);
  }
}

/** Sorts records `from` … `to` − 1, whose bytes before `level` are equal. */
function sortRecords(level: u32, from: usize, to: usize): void {
  if (to - from <= FEW * step) return insert(from, to);
  const counts = tables + level * TABLE;
  memory.fill(counts, 0, 4 * BUCKETS);
  countBytes(level, from, to);
  if (!layBuckets(level, from, to)) return sortRecords(level + 1, from, to);
  for (let bucket: u32 = 0; bucket < BUCKETS; bucket++) fillBucket(level, bucket);
  let start = from;
  for (let bucket: u32 = 0; bucket < BUCKETS; bucket++) {
    const end = <usize>load<u32>(counts + (bucket << 2), ENDS);
    if (end > start + step) sortRecords(level + 1, start, end);
    start = end;
  }
}

/** Insertion sort. */
function insert(from: usize, to: usize): void {
  for (let next = from + step; next < to; next += step) {
    for (let at = next; at > from && isBefore(at, at - step); at -= step) swap(at, at - step);
  }
}

function isBefore(one: usize, other: usize): bool {
  for (let byte: i32 = <i32>codeBytes - 4; byte >= 0; byte -= 4) {
    const a = load<u32>(one + codesAt + byte);
    const b = load<u32>(other + codesAt + byte);
    if (a != b) return a < b;
  }
  return load<u32>(one + rowAt) < load<u32>(other + rowAt);
}

/*
 * The host sorts step by step: it counts the first bytes stretch by stretch, fills one bucket after
 * another and sorts one bucket after another.
 */
let top: u32 = 0;

/** Begins a sort by the bytes of a level, or of the next one if that did not tell rows apart. */
export function beginSort(level: u32): void {
  top = level;
  memory.fill(tables + level * TABLE, 0, 4 * BUCKETS);
}

export function countTop(from: u32, to: u32): void {
  countBytes(top, records + from * step, records + to * step);
}

/** False if the bytes of the level are all equal. */
export function layTop(): bool {
  return layBuckets(top, records, records + rows * step);
}

export function fillTop(bucket: u32): void {
  fillBucket(top, bucket);
}

/** Sorts within one of the buckets, all of which are filled. */
export function sortTop(bucket: u32): void {
  const ends = tables + top * TABLE + ENDS;
  const from = bucket == 0 ? records : <usize>load<u32>(ends + ((bucket - 1) << 2));
  const to = <usize>load<u32>(ends + (bucket << 2));
  if (to > from + step) sortRecords(top + 1, from, to);
}

/** Marks the records that begin groups, `from` … `to` − 1; returns how many. */
export function markGroups(from: u32, to: u32): u32 {
  let groups: u32 = 0;
  for (let at = records + from * step, end = records + to * step; at < end; at += step) {
    const opens = at == records || !sameCodes(at, at - step);
    store<u32>(at + rowAt, load<u32>(at + rowAt) | (opens ? OPENS : 0));
    groups += u32(opens);
  }
  return groups;
}

function sameCodes(record: usize, other: usize): bool {
  for (let byte: u32 = 0; byte < codeBytes; byte += 4) {
    if (load<u32>(record + codesAt + byte) != load<u32>(other + codesAt + byte)) return false;
  }
  return true;
}

/** Gives everything behind the records back. */
export function releaseGrowers(): void {
  release(records + rows * step);
}

/** Does a record begin a group? */
export function opensGroup(record: usize): bool {
  return (load<u32>(record + rowAt) & OPENS) != 0;
}

/** The row of a record. */
export function rowOf(record: usize): u32 {
  return load<u32>(record + rowAt) & ~OPENS;
}

/** What a record weighs, all its raw rows together. */
export function fullWeightOf(record: usize): f64 {
  const weight = hasWeight ? load<f64>(record, 8) : 1;
  return weight * rawRowsOf(record);
}

/** Raw rows that a record stands for. */
export function rawRowsOf(record: usize): f64 {
  return hasCount ? load<f64>(record + countAt) : 1;
}

/** Takes the rows of positions from `from` on out of their records. */
export function takeRows(from: u32, count: u32, to: usize): void {
  for (let i: u32 = 0, at = records + from * step + rowAt; i < count; i++, at += step) {
    store<u32>(to + (i << 2), load<u32>(at) & ~OPENS);
  }
}

/** Takes the targets of positions from `from` on, or their weights, or their counts. */
export function takeNumbers(which: u32, from: u32, count: u32, to: usize): void {
  for (let i: u32 = 0, at = records + from * step + 8 * which; i < count; i++, at += step) {
    store<f64>(to + (i << 3), load<f64>(at));
  }
}
