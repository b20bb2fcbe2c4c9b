import type { TrainingSet } from './grouping.js';
import { Router } from './routing.js';
import type { Tree } from './tree.js';

/** Sums over the trees that did not see a row, by position. */
export interface OutOfBagSums {
  /** Σ leaf value, in units of max|target| · 2⁻³⁸. */
  readonly sums: Float64Array;
  /** Σ leaf value and Σ its square, in units of max|target| · 2⁻¹⁸: for the variance. */
  readonly coarse: Float64Array;
  readonly squares: Float64Array;
  readonly counts: Uint32Array;
}

/**
 * Sums, for every row, the predictions of the trees that did not see it (Breiman 2001).
 *
 * Threads add trees in any order, and floating-point sums depend on order; so leaf values are
 * counted in whole units, whose sums (and sums of squares, in a coarser unit) over up to 2¹⁵ trees
 * are exact doubles. The same trees give the same sums, however they were dealt out.
 */
export class OutOfBag implements OutOfBagSums {
  readonly sums: Float64Array;
  readonly coarse: Float64Array;
  readonly squares: Float64Array;
  readonly counts: Uint32Array;
  private readonly unit: number;
  private readonly router: Router;
  /** Groups with a row that is out of the bag. */
  private readonly list: Uint32Array;

  /** @param length positions to keep sums of: all, or 0 where nobody asks */
  constructor(
    private readonly set: TrainingSet,
    length = set.target.length,
  ) {
    this.sums = new Float64Array(length);
    this.coarse = new Float64Array(length);
    this.squares = new Float64Array(length);
    this.counts = new Uint32Array(length);
    this.unit = unitOf(set.target);
    this.router = new Router(set.bins, set.packed);
    this.list = new Uint32Array(set.packed.rows);
  }

  /** Adds one tree; `bag` holds how often it saw each position. */
  add(tree: Tree, bag: Uint16Array): void {
    const { list } = this;
    const count = this.listOut(bag);
    this.router.route(tree, list, count, (leaf, _, start, end) => {
      const value = tree.value[leaf] / this.unit;
      for (let i = start; i < end; i++) this.addGroup(list[i], bag, value);
    });
  }

  private listOut(bag: Uint16Array): number {
    const { list } = this;
    const { packed, starts } = this.set;
    let count = 0;
    for (let group = 0, position = 0; group < packed.rows; group++) {
      const end = starts[group + 1];
      while (position < end && bag[position] > 0) position++;
      if (position < end) list[count++] = group;
      position = end;
    }
    return count;
  }

  private addGroup(group: number, bag: Uint16Array, leaf: number): void {
    const { sums, coarse, squares, counts } = this;
    const { starts } = this.set;
    const value = Math.round(leaf);
    const rough = Math.round(leaf / COARSE);
    const square = rough * rough;
    const end = starts[group + 1];
    for (let position = starts[group]; position < end; position++) {
      if (bag[position] > 0) continue;
      sums[position] += value;
      coarse[position] += rough;
      squares[position] += square;
      counts[position]++;
    }
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
    const { coarse, squares, counts } = this;
    const unit = this.unit * COARSE;
    return squares.map((square, position) => {
      const count = counts[position];
      const centre = coarse[position] / count;
      return Math.max(0, square / count - centre * centre) * unit * unit;
    });
  }
}

/** Coarse units over fine ones. */
const COARSE = 2 ** 20;

function unitOf(target: Float64Array): number {
  let largest = 0;
  for (const y of target) largest = Math.max(largest, Math.abs(y));
  return largest === 0 ? 1 : 2 ** (Math.ceil(Math.log2(largest)) - 38);
}
