import type { Bag } from '../grow/bagging.js';
import type { TrainingSet } from '../data/grouping.js';
import { Router } from '../trees/routing.js';
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
  private router: Router | null = null;
  /** Groups with a row that is out of the bag. */
  private list = new Uint32Array(0);

  /** @param from what to go on from, and takes over */
  constructor(
    private readonly set: TrainingSet,
    from: OutOfBagSums,
  ) {
    this.sums = from.sums;
    this.coarse = from.coarse;
    this.squares = from.squares;
    this.counts = from.counts;
    this.counted = from.counted;
    const largest = powerAbove(set.target);
    this.unit = largest * 2 ** (this.counted ? -32 : -38);
    this.coarseUnit = largest * 2 ** (this.counted ? -16 : -18);
  }

  /** Adds one tree, grown from `bag`. */
  add(tree: Tree, bag: Bag): void {
    const { bins, packed } = this.set;
    // Merging needs neither.
    this.router ??= new Router(bins, packed);
    if (this.list.length === 0) this.list = new Uint32Array(packed.rows);
    const { list } = this;
    const count = this.listOut(bag);
    this.router.route(tree, list, count, (leaf, _, start, end) => {
      const value = tree.value[leaf];
      for (let i = start; i < end; i++) this.addGroup(list[i], bag, value);
    });
  }

  private listOut({ drawn, missed }: Bag): number {
    const { list } = this;
    const { packed, starts } = this.set;
    let count = 0;
    for (let group = 0, position = 0; group < packed.rows; group++) {
      const end = starts[group + 1];
      if (missed === null) while (position < end && drawn[position] > 0) position++;
      else while (position < end && missed[position] === 0) position++;
      if (position < end) list[count++] = group;
      position = end;
    }
    return count;
  }

  private addGroup(group: number, { drawn, missed }: Bag, leaf: number): void {
    const { sums, coarse, squares, counts } = this;
    const { starts, count } = this.set;
    const value = Math.round(leaf / this.unit);
    const rough = Math.round(leaf / this.coarseUnit);
    const square = rough * rough;
    const end = starts[group + 1];
    for (let position = starts[group]; position < end; position++) {
      let shares = 1;
      if (missed !== null) shares = missedShares(missed[position], count![position]);
      else if (drawn[position] > 0) continue;
      sums[position] += shares * value;
      coarse[position] += shares * rough;
      squares[position] += shares * square;
      counts[position] += shares;
    }
  }

  /** The same sums without what adding trees took. */
  alone(): OutOfBag {
    return new OutOfBag(this.set, this);
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

/** What `missed` of `count` raw rows is in shares. */
function missedShares(missed: number, count: number): number {
  return count <= SHARES ? missed : Math.round((SHARES * missed) / count);
}

/** A power of 2 that no target exceeds in size. */
function powerAbove(target: Float64Array): number {
  let largest = 0;
  for (const y of target) largest = Math.max(largest, Math.abs(y));
  return largest === 0 ? 1 : 2 ** Math.ceil(Math.log2(largest));
}
