/*
 * Numbers in order, and the distinct ones among them.
 *
 * A double's bits ascend with the number once those of negative numbers are turned round, so numbers
 * are sorted digit by digit, least first; −0 comes before 0, as in a host's sort.
 */
import { take } from './memory';

const DIGIT: u32 = 11;
const DIGITS: u32 = 2048;
const PASSES: u32 = 6;

/** The numbers of a sort, twice. */
export let sorted: usize = 0;
let other: usize = 0;
let counts: usize = 0;

/** @param most numbers of the longest sort */
export function bindNumbers(most: u32): void {
  sorted = take(most, 8);
  other = take(most, 8);
  counts = take(DIGITS * PASSES, 4);
}

/** Sorts the first `count` numbers at `sorted`; returns how many are left without NaN. */
export function sortNumbers(count: u32): u32 {
  memory.fill(counts, 0, 4 * DIGITS * PASSES);
  let kept: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const x = load<f64>(sorted + (i << 3));
    if (x != x) continue;
    const bits = reinterpret<u64>(x);
    let key = bits ^ ((<u64>((<i64>bits) >> 63)) | 0x8000000000000000);
    store<u64>(sorted + (kept << 3), key);
    kept++;
    for (let pass: u32 = 0; pass < PASSES; pass++, key >>= DIGIT) {
      const at = counts + (((pass << DIGIT) + ((<u32>key) & (DIGITS - 1))) << 2);
      store<u32>(at, load<u32>(at) + 1);
    }
  }
  let from = sorted;
  let to = other;
  for (let pass: u32 = 0; pass < PASSES; pass++) {
    const table = counts + (pass << (DIGIT + 2));
    if (!placesOf(table, kept)) continue;
    const shift = <u64>(pass * DIGIT);
    for (let at = from, end = from + (kept << 3); at < end; at += 8) {
      const key = load<u64>(at);
      const place = table + (((<u32>(key >> shift)) & (DIGITS - 1)) << 2);
      const target = load<u32>(place);
      store<u32>(place, target + 1);
      store<u64>(to + (target << 3), key);
    }
    const swap = from;
    from = to;
    to = swap;
  }
  for (let i: u32 = 0; i < kept; i++) {
    const key = load<u64>(from + (i << 3));
    store<u64>(sorted + (i << 3), key ^ ((<u64>((<i64>~key) >> 63)) | 0x8000000000000000));
  }
  return kept;
}

/** Turns counts of digits into first places; false if all have the same digit. */
function placesOf(table: usize, count: u32): bool {
  let sum: u32 = 0;
  for (let at = table, end = table + 4 * DIGITS; at < end; at += 4) {
    const n = load<u32>(at);
    if (n == count) return false;
    store<u32>(at, sum);
    sum += n;
  }
  return true;
}

/*
 * Distinct numbers: an open table of twice as many places as there may be numbers; an empty place holds
 * NaN. 0 and −0 are one number.
 */
let table: usize = 0;
let tableBits: u32 = 0;
let limit: u32 = 0;
export let distinct: u32 = 0;

/** @param limit_ numbers of interest */
export function bindDistinct(limit_: u32): void {
  limit = limit_;
  tableBits = 33 - clz(limit + 1);
  table = take(1 << tableBits, 8);
}

export function beginDistinct(): void {
  distinct = 0;
  for (let i: u32 = 0; i < (<u32>1) << tableBits; i++) store<f64>(table + (i << 3), NaN);
}

/** Adds numbers; false as soon as there are more distinct ones than the limit. */
export function addDistinct(values: usize, count: u32): bool {
  const mask = ((<u32>1) << tableBits) - 1;
  for (let i: u32 = 0; i < count; i++) {
    const x = load<f64>(values + (i << 3)) + 0;
    if (x != x) continue;
    // Fibonacci hashing (Knuth, TAOCP 3, 6.4): the upper bits of a product.
    let at = <u32>((reinterpret<u64>(x) * 0x9e3779b97f4a7c15) >> (<u64>(64 - tableBits)));
    for (;;) {
      const there = load<f64>(table + (at << 3));
      if (there == x) break;
      if (there != there) {
        store<f64>(table + (at << 3), x);
        if (++distinct > limit) return false;
        break;
      }
      at = (at + 1) & mask;
    }
  }
  return true;
}

/** Puts the distinct numbers at `sorted`, in order. */
export function sortDistinct(): void {
  let count: u32 = 0;
  for (let i: u32 = 0; i < (<u32>1) << tableBits; i++) {
    const x = load<f64>(table + (i << 3));
    if (x != x) continue;
    store<f64>(sorted + (count << 3), x);
    count++;
  }
  sortNumbers(count);
}
