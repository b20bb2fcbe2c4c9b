import { leafOfCodes, type Tree } from './tree.js';
import type { TrainingSet } from './grower.js';

/**
 * Sums, for every row, the predictions of the trees that did not see it (Breiman 2001).
 *
 * Threads add trees in any order, and floating-point sums depend on order; so each leaf value is
 * counted in units of max|target| · 2⁻³⁸, whole numbers whose sums of up to 2¹⁵ trees are exact
 * doubles. The same trees give the same sums, however they were dealt out.
 */
export class OutOfBag {
  readonly sums: Float64Array;
  readonly counts: Uint32Array;

  constructor(
    rows: number,
    readonly unit: number,
  ) {
    this.sums = new Float64Array(rows);
    this.counts = new Uint32Array(rows);
  }

  static unitOf(target: Float64Array): number {
    let largest = 0;
    for (const y of target) largest = Math.max(largest, Math.abs(y));
    return largest === 0 ? 1 : 2 ** (Math.ceil(Math.log2(largest)) - 38);
  }

  /** Adds one tree; `bag` holds how often it saw each row. */
  add(tree: Tree, set: TrainingSet, bag: Uint16Array): void {
    const values = tree.value.map((value) => Math.round(value / this.unit));
    for (let row = 0; row < bag.length; row++) {
      if (bag[row] > 0) continue;
      this.sums[row] += values[leafOfCodes(tree, set.bins, set.packed, row)];
      this.counts[row]++;
    }
  }

  merge(other: { readonly sums: Float64Array; readonly counts: Uint32Array }): void {
    for (let row = 0; row < this.sums.length; row++) {
      this.sums[row] += other.sums[row];
      this.counts[row] += other.counts[row];
    }
  }

  /** Mean out-of-bag prediction of every row; NaN where every tree saw the row. */
  predictions(): Float64Array {
    return this.sums.map((sum, row) => (sum * this.unit) / this.counts[row]);
  }
}
