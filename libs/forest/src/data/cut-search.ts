/*
 * Finding a number's code in a step or two instead of a binary search.
 *
 * The upper 32 bits of a double, read as a signed integer with the order of negative numbers
 * turned round, ascend with the number, about logarithmically. The span from the first cut to the
 * last is divided into at most MAX_BUCKETS equal buckets of them; each bucket knows the cuts below
 * its start, so only the few cuts within it are left to compare:
 *
 *   cuts            c0   c1 c2            c3
 *   buckets    |    :    :     |          |      starts = [0, 3, …]
 *
 * Nearly always those are two at most, and both are compared whether it takes both or not: a
 * branch would be a coin toss. Comparing past the bucket does no harm, since cuts there are not
 * below x, and `cuts` is padded with infinities. One number is coded here; many by kernels/codes.ts,
 * which searches in the same way.
 */

const MAX_BUCKETS = 2048;

const doubles = new Float64Array(1);
const halves = new Int32Array(doubles.buffer);
const UPPER = new Uint8Array(Float64Array.of(1).buffer)[7] === 0x3f ? 1 : 0;

/** Ascends with `x`, though not strictly. Not for NaN. */
function rankOf(x: number): number {
  doubles[0] = x;
  return ordered(halves[UPPER]);
}

/** Turns the order of negative numbers round. */
function ordered(upper: number): number {
  return upper ^ ((upper >> 31) & 0x7fffffff);
}

/** A feature's cuts, laid out for the search: plain arrays, so that threads can hand it over. */
export interface CutIndex {
  /** The number of cuts. */
  readonly count: number;
  /** Ascending, and two infinities behind. */
  readonly cuts: Float64Array;
  /** Ranks of the first cut and of the last. */
  readonly first: number;
  readonly last: number;
  readonly shift: number;
  /** By bucket: how many cuts lie in buckets before it. */
  readonly starts: Uint16Array;
  /** Cuts in the fullest bucket. */
  readonly most: number;
}

/** @param cuts ascending, at most 65,535 of them */
export function indexCuts(cuts: Float64Array): CutIndex {
  const { length } = cuts;
  // + 0: a cut of −0 is a cut of 0.
  const ranks = Int32Array.from(cuts, (cut) => rankOf(cut + 0));
  const first = length === 0 ? 0 : ranks[0];
  const last = length === 0 ? 0 : ranks[length - 1];
  let shift = 0;
  while ((last - first) >>> shift >= MAX_BUCKETS) shift++;
  const counts = new Uint16Array(((last - first) >>> shift) + 1);
  for (const rank of ranks) counts[(rank - first) >>> shift]++;
  let before = 0;
  let most = 0;
  const starts = counts.map((count) => {
    most = Math.max(most, count);
    before += count;
    return before - count;
  });
  const padded = new Float64Array(length + 2).fill(Infinity);
  padded.set(cuts);
  return { count: length, cuts: padded, first, last, shift, starts, most };
}

/** The codes of one feature's numbers. */
export class CutSearch {
  constructor(private readonly index: CutIndex) {}

  /** The number of cuts below `x`; one more than there are cuts, the missing code, for NaN. */
  codeOf(x: number): number {
    const { count, cuts, first, last, shift, starts, most } = this.index;
    if (x !== x) return count + 1;
    const rank = Math.min(last, Math.max(first, rankOf(x)));
    const start = starts[((rank - first) | 0) >>> shift];
    if (most > 2) return countBelow(cuts, start, start + most, x);
    return start + +(cuts[start] < x) + +(cuts[start + 1] < x);
  }
}

/** The number of cuts below `x`, which is from `low` to `high` and at most all. */
function countBelow(cuts: Float64Array, low: number, high: number, x: number): number {
  while (low < high) {
    const middle = (low + high) >> 1;
    if (cuts[middle] < x) low = middle + 1;
    else high = middle;
  }
  return low;
}
