/*
 * From numbers to codes (src/data/cut-search.ts draws the search).
 *
 *   Coding      one feature: its cuts, and two infinities behind; by bucket, how many cuts lie before it
 */
import { take } from './memory';

@unmanaged
export class Coding {
  cuts: usize;
  starts: usize;
  /** Ranks of the first cut and of the last. */
  first: i32;
  last: i32;
  shift: u32;
  /** Cuts in the fullest bucket. */
  most: u32;
  /** The code of what is missing. */
  missing: u32;
  categorical: u32;
}

/** @returns its address; the host fills `cuts` and `starts` in */
export function makeCoding(
  categorical: bool,
  missing: u32,
  first: i32,
  last: i32,
  shift: u32,
  most: u32,
  cuts: usize,
  starts: usize,
): usize {
  const at = take(1, offsetof<Coding>());
  const coding = changetype<Coding>(at);
  coding.cuts = cuts;
  coding.starts = starts;
  coding.first = first;
  coding.last = last;
  coding.shift = shift;
  coding.most = most;
  coding.missing = missing;
  coding.categorical = u32(categorical);
  return at;
}

/** The code of the number at an address. */
export function codeOf(coding: Coding, at: usize): u32 {
  codeMany(coding, at, 0, 1, one);
  return load<u32>(one);
}

/** Writes the codes of `count` numbers to `to`, 32 bits each; `step` bytes from number to number. */
export function codeMany(coding: Coding, at: usize, step: u32, count: u32, to: usize): void {
  const missing = coding.missing;
  const end = to + 4 * count;
  if (coding.categorical) {
    // A category's place; whatever lies outside the list is missing.
    for (; to < end; to += 4, at += step) {
      const x = load<f64>(at);
      store<u32>(to, x >= 0 && x < <f64>missing ? <u32>x : missing);
    }
    return;
  }
  const cuts = coding.cuts;
  const starts = coding.starts;
  const first = coding.first;
  const last = coding.last;
  const shift = coding.shift;
  const most = coding.most;
  for (; to < end; to += 4, at += step) {
    const x = load<f64>(at);
    const upper = load<i32>(at, 4);
    // Ascends with the number: the order of negative numbers is turned round.
    const rank = min(last, max(first, upper ^ ((upper >> 31) & 0x7fffffff)));
    const start: u32 = load<u16>(starts + (((<u32>(rank - first)) >>> shift) << 1));
    const cut = cuts + (start << 3);
    let code = start + u32(load<f64>(cut) < x) + u32(load<f64>(cut, 8) < x);
    // There is one cut less than there are codes that are not missing.
    if (most > 2) code = countBelow(cuts, start, min(start + most, missing - 1), x);
    store<u32>(to, x == x ? code : missing);
  }
}

/** The number of cuts below `x`, which is from `low` to `high`. */
function countBelow(cuts: usize, low: u32, high: u32, x: f64): u32 {
  while (low < high) {
    const middle = (low + high) >> 1;
    if (load<f64>(cuts + (middle << 3)) < x) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Room for the codes of a block of numbers. */
let codes: usize = 0;
/** Room for one code. */
let one: usize = 0;

/** @param most numbers of a block */
export function bindCodes(most: u32): void {
  codes = take(most, 4);
  one = take(1, 4);
}

/** Writes the codes of a block of numbers, each a byte or two; tells whether any is missing. */
export function putCodes(
  coding: Coding,
  values: usize,
  count: u32,
  to: usize,
  step: u32,
  wide: bool,
): bool {
  codeMany(coding, values, 8, count, codes);
  const missing = coding.missing;
  let any: u32 = 0;
  for (let at = codes, end = codes + 4 * count; at < end; at += 4, to += step) {
    const code = load<u32>(at);
    if (wide) store<u16>(to, <u16>code);
    else store<u8>(to, <u8>code);
    any |= u32(code == missing);
  }
  return any != 0;
}

/** Writes both slots of a feature (walk.ts) for a block of numbers. */
export function putSlots(
  coding: Coding,
  values: usize,
  step: u32,
  count: u32,
  to: usize,
  toStep: u32,
): void {
  codeMany(coding, values, step, count, codes);
  const missing = coding.missing;
  for (let at = codes, end = codes + 4 * count; at < end; at += 4, to += toStep) {
    const code = load<u32>(at);
    store<u16>(to, <u16>code);
    store<u16>(to, code == missing ? 0 : <u16>(code + 1), 2);
  }
}

/** Adds `scale` times the codes of a block of numbers to whole numbers of 32 bits at `to`. */
export function addCodes(
  coding: usize,
  values: usize,
  step: u32,
  count: u32,
  scale: u32,
  to: usize,
): void {
  codeMany(changetype<Coding>(coding), values, step, count, codes);
  for (let at = codes, end = codes + 4 * count; at < end; at += 4, to += 4) {
    store<u32>(to, load<u32>(to) + scale * load<u32>(at));
  }
}
