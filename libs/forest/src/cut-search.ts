/*
 * Finding a number's code in a step or two instead of a binary search.
 *
 * The upper 32 bits of a double, read as a signed integer with the order of negative numbers
 * turned round, ascend with the number, about logarithmically. The span from the first cut to the
 * last is divided into at most MAX_BUCKETS equal buckets of them; each bucket knows the cuts below
 * its start, so only the few cuts within it are left to compare:
 *
 *   cuts            c0   c1 c2            c3
 *   buckets    |    :    :     |          |      starts = [0, 3, 4, …]
 */

const MAX_BUCKETS = 1024;

const double = new Float64Array(1);
const halves = new Int32Array(double.buffer);
const UPPER = new Uint8Array(Float64Array.of(1).buffer)[7] === 0x3f ? 1 : 0;

/** Ascends with `x`, though not strictly. Not for NaN. */
function rankOf(x: number): number {
  double[0] = x;
  const upper = halves[UPPER];
  return upper ^ ((upper >> 31) & 0x7fffffff);
}

/** The codes of one feature's numbers. */
export class CutSearch {
  private readonly first: number;
  private readonly shift: number;
  private readonly buckets: number;
  /** By bucket: how many cuts lie in buckets before it; one more entry behind the last. */
  private readonly starts: Uint16Array;

  /** @param cuts ascending */
  constructor(private readonly cuts: Float64Array) {
    const { length } = cuts;
    this.first = length === 0 ? 0 : rankOf(cuts[0]);
    const span = length === 0 ? 0 : rankOf(cuts[length - 1]) - this.first;
    this.shift = 0;
    while (span >>> this.shift >= MAX_BUCKETS) this.shift++;
    this.buckets = (span >>> this.shift) + 1;
    this.starts = new Uint16Array(this.buckets + 1);
    for (const cut of cuts) this.starts[this.bucketOf(cut) + 1]++;
    for (let bucket = 0; bucket < this.buckets; bucket++) {
      this.starts[bucket + 1] += this.starts[bucket];
    }
  }

  /** The number of cuts below `x`; `cuts.length + 1`, the missing code, for NaN. */
  codeOf(x: number): number {
    const { cuts, starts } = this;
    if (x !== x) return cuts.length + 1;
    const bucket = this.bucketOf(x);
    let low = starts[bucket];
    let high = starts[bucket + 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (cuts[middle] < x) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Numbers before the first cut are in the first bucket, those after the last in the last. */
  private bucketOf(x: number): number {
    const offset = rankOf(x) - this.first;
    if (offset <= 0) return 0;
    const bucket = offset >>> this.shift;
    return bucket < this.buckets ? bucket : this.buckets - 1;
  }
}
