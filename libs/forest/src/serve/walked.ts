/*
 * The forest as it was grown, walked by codes: for forests whose categorical features have so many
 * distinct left sets that a slot for each (packed.ts) would cost more than it saves, and for hosts
 * without WebAssembly, such as a page whose policy forbids it.
 */
import { codeOf, type FeatureBins } from '../data/binning.js';
import type { CellSpace } from './cells.js';
import { leafOfCodes, type Tree } from '../trees/tree.js';

export class WalkedForest {
  private readonly codes: Int32Array;

  constructor(
    private readonly bins: readonly FeatureBins[],
    private readonly trees: readonly Tree[],
  ) {
    this.codes = new Int32Array(bins.length);
  }

  /** The mean of the trees at the row of numbers that begins at `at`. */
  predict(rows: ArrayLike<number>, at = 0): number {
    this.code(rows, at);
    return this.mean();
  }

  /** The mean of the trees in a cell, told by its codes over the used cuts of `cells`. */
  predictCodes(codes: Int32Array, cells: CellSpace): number {
    for (let f = 0; f < codes.length; f++) {
      this.codes[f] = cells.codeOfAll(f, codes[f], this.bins[f]);
    }
    return this.mean();
  }

  /** Writes the mean of the trees at each of `count` rows of numbers to `out`. */
  predictBatch(rows: ArrayLike<number>, count: number, out: Float64Array): void {
    const width = this.bins.length;
    for (let i = 0, at = 0; i < count; i++, at += width) out[i] = this.predict(rows, at);
  }

  /** Writes what each of the first `trees` trees predicts at `count` rows to `out`, tree by tree. */
  perTree(rows: ArrayLike<number>, count: number, trees: number, out: Float64Array): void {
    const width = this.bins.length;
    for (let i = 0, at = 0; i < count; i++, at += width) {
      this.code(rows, at);
      for (let t = 0; t < trees; t++) {
        const tree = this.trees[t];
        out[t * count + i] = tree.value[leafOfCodes(tree, this.bins, this.codes)];
      }
    }
  }

  private code(rows: ArrayLike<number>, at: number): void {
    for (let f = 0; f < this.bins.length; f++) this.codes[f] = codeOf(this.bins[f], rows[at + f]);
  }

  private mean(): number {
    const { trees, bins, codes } = this;
    let sum = 0;
    for (const tree of trees) sum += tree.value[leafOfCodes(tree, bins, codes)];
    return sum / trees.length;
  }
}
