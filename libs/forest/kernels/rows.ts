/*
 * Rows are moved, not indexed: what a node needs of its rows lies in one contiguous stretch, so
 * counting a histogram reads memory in order. A split copies the stretch from one buffer to the
 * other, left rows upwards, right rows downwards:
 *
 *   buffer A   [ … | node's rows, start … end | … ]
 *   buffer B   [ … | left →          ← right  | … ]      children read B and write A
 *
 * so nothing outside the stretch is touched and depth alone tells which buffer holds a node.
 */
import { rowsInBag, weightInBag } from './bag';
import { CODES, codeBytes, countMask, setCount, stride } from './fit';
import { take } from './memory';
import { codesAt, opensGroup, records, step } from './records';

let sideA: usize = 0;
let sideB: usize = 0;
/** By code: 1 left, 0 right. */
export let goesLeft: usize = 0;

/** @param room rows of the largest bag */
export function bindBuffers(room: u32, longest: u32): void {
  // A row more each: what is written but not kept is written behind the last one. Both are one block,
  // which route.ts uses as such.
  const bytes = (room + 1) * stride;
  sideA = take(2 * (room + 1), stride);
  sideB = sideA + bytes;
  goesLeft = take(longest + 1, 1);
}

/** The buffer that holds the nodes of a depth. */
export function sideOf(depth: u32): usize {
  return depth & 1 ? sideB : sideA;
}

/** What the rows of the tree are in all. */
export let rootCount: u32 = 0;
export let rootRows: f64 = 0;
export let rootWeight: f64 = 0;
export let rootSum: f64 = 0;

/** Says what the rows are in all that were laid into buffer A. */
export function setRoot(count: u32, n: f64, weight: f64, sum: f64): void {
  rootCount = count;
  rootRows = n;
  rootWeight = weight;
  rootSum = sum;
}

/** Sums the bag's rows by group into buffer A. Groups that weigh nothing are left out. */
export function gather(rows: u32): void {
  const most = <f64>countMask;
  const bytes = stride;
  let at = sideA;
  let n: f64 = 0;
  let w: f64 = 0;
  let s: f64 = 0;
  let first = records;
  rootCount = 0;
  rootRows = rootWeight = rootSum = 0;
  for (let position: u32 = 0, record = records; position < rows; position++, record += step) {
    if (opensGroup(record)) {
      at += select<u32>(bytes, 0, keep(at, first, n, w, s, most));
      first = record;
      n = w = s = 0;
    }
    const weight = weightInBag(position, record);
    n += rowsInBag(position, record, weight);
    w += weight;
    s += weight * load<f64>(record);
  }
  keep(at, first, n, w, s, most);
}

/** Writes the row of a group; false if it weighs nothing, so that it is to be overwritten. */
function keep(at: usize, record: usize, n: f64, w: f64, s: f64, most: f64): bool {
  const kept = min<f64>(n, most);
  store<f64>(at, w);
  store<f64>(at, s, 8);
  for (let byte: u32 = 0; byte < codeBytes; byte += 4) {
    store<u32>(at + byte, load<u32>(record + codesAt + byte), CODES);
  }
  setCount(at, <u32>kept);
  rootRows += kept;
  rootWeight += w;
  rootSum += s;
  rootCount += u32(n > 0);
  return n > 0;
}

/**
 * Copies a node's rows and returns where the right ones begin. Narrow rows are written on both sides
 * and kept on one, where the next row does not overwrite them: which side a row takes is what a
 * processor cannot guess, and a wrong guess costs more than a write.
 * @param offset of the tested feature's code, in bytes from the first code
 */
export function moveRows(depth: u32, start: u32, end: u32, offset: usize, mask: usize): u32 {
  const from = sideOf(depth);
  const to = sideOf(depth + 1);
  const first = from + start * stride;
  const behind = from + <usize>end * stride;
  let left = to + start * stride;
  let right = to + <usize>(end - 1) * stride;
  if (stride == CODES + 8) {
    for (let row = first; row < behind; row += CODES + 8) {
      const isLeft: usize = load<u8>(goesLeft + ((<usize>load<u16>(row + offset, CODES)) & mask));
      const pair = v128.load(row);
      const codes = load<u64>(row, CODES);
      v128.store(left, pair);
      store<u64>(left, codes, CODES);
      v128.store(right, pair);
      store<u64>(right, codes, CODES);
      left += isLeft * (CODES + 8);
      right -= (1 - isLeft) * (CODES + 8);
    }
  } else {
    const bytes = stride;
    for (let row = first; row < behind;) {
      const isLeft: usize = load<u8>(goesLeft + ((<usize>load<u16>(row + offset, CODES)) & mask));
      let place = select<usize>(left, right, isLeft);
      left += isLeft * bytes;
      right -= (1 - isLeft) * bytes;
      for (const stop = row + bytes; row < stop; row += 16, place += 16) {
        v128.store(place, v128.load(row));
      }
    }
  }
  return <u32>((left - to) / stride);
}
