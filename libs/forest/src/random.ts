/**
 * The numbers of all random streams. Every use of chance has its own, so that no two draw the same
 * random numbers. A name that ends in "From" is the first of a range: one stream for each tree or
 * feature.
 */
export const streams = Object.freeze({
  /** Bootstrap and feature sampling of tree t: `treesFrom + t`. */
  treesFrom: 0,
  /** Which rows are held out. */
  split: 2 ** 30,
  /** Rows drawn from the leaves, like those of training. */
  leafSample: 2 ** 30 + 1,
  /** Which rows make up which fold. */
  folds: 2 ** 30 + 2,
  /** Training rows that a model card keeps. */
  background: 2 ** 30 + 3,
  /** Which groups are held out. */
  groupSplit: 2 ** 30 + 4,
  /** Replicates of the bootstrap that gives metrics their intervals. */
  bootstrap: 2 ** 30 + 2 ** 20,
  /** The order in which the values of feature f are permuted: `permutationFrom + f`. */
  permutationFrom: 2 ** 30 + 2 ** 21,
  /** Which rows are left out by which booster. */
  boostFolds: 2 ** 30 + 5,
  /** Rows and features of tree t of booster k: `boostFrom + k · 2¹⁷ + t`. */
  boostFrom: 2 ** 31 + 2 ** 26,
  /** Which values of feature f its cuts are learned from: `cutsFrom + f`. */
  cutsFrom: 2 ** 31,
});

/**
 * The forest's only source of chance: sfc32 (Chris Doty-Humphrey's Small Fast Counter, 32 bit,
 * PractRand-clean), seeded by SplitMix32 from (seed, stream). One stream a tree, so a tree
 * depends on nothing but its own number and any thread may grow it.
 */
export class Random {
  private a: number;
  private b: number;
  private c: number;
  private counter = 1;

  /**
   * @param seed any safe integer
   * @param stream which independent sequence of that seed, an integer ≥ 0
   */
  constructor(seed: number, stream: number) {
    let state = (seed ^ Math.floor(seed / 0x1_0000_0000)) | 0;
    const mix = (): number => {
      state = (state + 0x9e3779b9) | 0;
      let z = state;
      z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
      z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
      return (z ^ (z >>> 16)) | 0;
    };
    this.a = mix();
    state = (state ^ Math.imul(stream + 1, 0x9e3779b1)) | 0;
    this.b = mix();
    this.c = mix();
    for (let i = 0; i < 12; i++) this.uint32();
  }

  /** Where it is in its sequence: kernels/random.ts goes on from there. */
  get state(): [a: number, b: number, c: number, counter: number] {
    return [this.a, this.b, this.c, this.counter];
  }

  /** A whole number from 0 to 2³² − 1. */
  uint32(): number {
    const t = (this.a + this.b + this.counter) | 0;
    this.counter = (this.counter + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = ((this.c << 21) | (this.c >>> 11)) + t;
    this.c |= 0;
    return t >>> 0;
  }

  /**
   * A whole number from 0 to `n` − 1, for 1 ≤ n ≤ 2³². Scaling instead of rejection: the bias is
   * below n / 2³², which no sample of that size can show.
   */
  below(n: number): number {
    return Math.floor(this.uint32() * 2 ** -32 * n);
  }

  /** A number in [0, 1), a multiple of 2⁻⁵³. */
  unit(): number {
    return ((this.uint32() >>> 5) * 2 ** 26 + (this.uint32() >>> 6)) * 2 ** -53;
  }

  /** A standard normal number (Box and Muller 1958). */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.unit()));
    return radius * Math.cos(2 * Math.PI * this.unit());
  }
}
