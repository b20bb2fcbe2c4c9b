import { CountedBag } from '../grow/counted-bagging.js';
import type { TreeGrower } from '../grow/grower.js';
import type { TrainingSet } from '../data/grouping.js';
import type { Tree } from '../trees/tree.js';

/**
 * Sums over the trees that did not see a row, by position. Of a counted row, each tree counts for
 * the share of its raw rows that it did not see: `missed` of up to SHARES of them.
 */
export interface OutOfBagSums {
  /** Σ leaf value, in fine units. */
  readonly sums: Float64Array;
  /** Σ leaf value and Σ its square, in coarse units: for the variance. */
  readonly coarse: Float64Array;
  readonly squares: Float64Array;
  readonly counts: Uint32Array;
  /** Are rows counted? The units are others then. */
  readonly counted: boolean;
}

/** Nothing seen yet, of so many positions. */
export function emptySums(length: number, counted: boolean): OutOfBagSums {
  return {
    sums: new Float64Array(length),
    coarse: new Float64Array(length),
    squares: new Float64Array(length),
    counts: new Uint32Array(length),
    counted,
  };
}

/** More raw rows than this count as so many shares of them. */
const SHARES = 63;

/**
 * Sums, for every row, the predictions of the trees that did not see it (Breiman 2001).
 *
 * Threads add trees in any order, and floating-point sums depend on order; so leaf values are
 * counted in whole units, whose sums (and sums of squares, in a coarser unit) over up to 2¹⁵ trees
 * are exact doubles. The same trees give the same sums, however they were dealt out.
 *
 *              fine units of max|target|    coarse
 *   rows       2⁻³⁸                         2⁻¹⁸
 *   counted    2⁻³²                         2⁻¹⁶         up to 2⁶ shares a tree
 */
export class OutOfBag implements OutOfBagSums {
  readonly sums: Float64Array;
  readonly coarse: Float64Array;
  readonly squares: Float64Array;
  readonly counts: Uint32Array;
  readonly counted: boolean;
  private readonly unit: number;
  private readonly coarseUnit: number;
  /** @param from what to go on from, and takes over */
  constructor(set: TrainingSet, from: OutOfBagSums) {
    this.sums = from.sums;
    this.coarse = from.coarse;
    this.squares = from.squares;
    this.counts = from.counts;
    this.counted = from.counted;
    const largest = powerAbove(set.largestTarget);
    this.unit = largest * 2 ** (this.counted ? -32 : -38);
    this.coarseUnit = largest * 2 ** (this.counted ? -16 : -18);
  }

  /** Adds the tree that `grower` has just grown. */
  add(tree: Tree, grower: TreeGrower): void {
    const { sums, coarse, squares, counts } = this;
    const { bag } = grower;
    const sharesOf = bag instanceof CountedBag ? sharesIn(bag.missed, bag.count) : (): number => 1;
    const fine = tree.value.map((value) => Math.round(value / this.unit));
    const rough = tree.value.map((value) => Math.round(value / this.coarseUnit));
    grower.routeOutside((positions, leaves) => {
      for (let i = 0; i < positions.length; i++) {
        const position = positions[i];
        const leaf = leaves[i];
        const shares = sharesOf(position);
        const r = rough[leaf];
        sums[position] += shares * fine[leaf];
        coarse[position] += shares * r;
        squares[position] += shares * (r * r);
        counts[position] += shares;
      }
    });
  }

  merge(other: OutOfBagSums): void {
    for (let position = 0; position < this.sums.length; position++) {
      this.sums[position] += other.sums[position];
      this.coarse[position] += other.coarse[position];
      this.squares[position] += other.squares[position];
      this.counts[position] += other.counts[position];
    }
  }

  /** Mean out-of-bag prediction by position; NaN where every tree saw the row. */
  predictions(): Float64Array {
    return this.sums.map((sum, position) => (sum * this.unit) / this.counts[position]);
  }

  /** Variance of the trees that did not see the row, by position; NaN where there are none. */
  variances(): Float64Array {
    const { coarse, squares, counts, coarseUnit } = this;
    return squares.map((square, position) => {
      const count = counts[position];
      const centre = coarse[position] / count;
      return Math.max(0, square / count - centre * centre) * coarseUnit * coarseUnit;
    });
  }
}

/** What the missed of a position's raw rows are in shares. */
function sharesIn(missed: Float64Array, count: Float64Array): (position: number) => number {
  return (position) =>
    count[position] <= SHARES
      ? missed[position]
      : Math.round((SHARES * missed[position]) / count[position]);
}

/** A power of 2 that no target exceeds in size. */
function powerAbove(largest: number): number {
  return largest === 0 ? 1 : 2 ** Math.ceil(Math.log2(largest));
}
