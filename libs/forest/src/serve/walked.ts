/*
 * The forest as it was grown, walked by codes: for forests whose categorical features have so many
 * distinct left sets that a slot for each (packed.ts) would cost more than it saves, and for hosts
 * without WebAssembly, such as a page whose policy forbids it.
 */
import { codeOf, type FeatureBins } from '../data/binning.js';
import type { CellSpace } from './cells.js';
import { inverseLink } from '../trees/links.js';
import { membersOf, ofSum, treesOf, type MemberRange, type Part } from '../trees/parts.js';
import { leafOfCodes, type Tree } from '../trees/tree.js';

export class WalkedForest {
  private readonly codes: Int32Array;
  private readonly ranges: readonly MemberRange[][];

  /** @param draws how many draws `perTree` may be asked for */
  constructor(
    private readonly bins: readonly FeatureBins[],
    private readonly parts: readonly Part[],
    private readonly trees: readonly Tree[],
    draws: number,
  ) {
    this.codes = new Int32Array(bins.length);
    this.ranges = membersOf(parts, draws);
  }

  /** The prediction, before calibration, at the row of numbers that begins at `at`. */
  predict(rows: ArrayLike<number>, at = 0): number {
    this.code(rows, at);
    return this.mix();
  }

  /** The prediction in a cell, told by its codes over the used cuts of `cells`. */
  predictCodes(codes: Int32Array, cells: CellSpace): number {
    for (let f = 0; f < codes.length; f++) {
      this.codes[f] = cells.codeOfAll(f, codes[f], this.bins[f]);
    }
    return this.mix();
  }

  /** Writes the prediction at each of `count` rows of numbers to `out`. */
  predictBatch(rows: ArrayLike<number>, count: number, out: Float64Array): void {
    const width = this.bins.length;
    for (let i = 0, at = 0; i < count; i++, at += width) out[i] = this.predict(rows, at);
  }

  /** Writes what each of the first `draws` draws gives at `count` rows to `out`, draw by draw. */
  perTree(rows: ArrayLike<number>, count: number, draws: number, out: Float64Array): void {
    const width = this.bins.length;
    for (let i = 0, at = 0; i < count; i++, at += width) {
      this.code(rows, at);
      for (let d = 0; d < draws; d++) {
        let draw = 0;
        for (const { part, from, trees } of this.ranges[d]) {
          draw += part.weight * inverseLink(part.link, part.base + this.sum(from, trees));
        }
        out[d * count + i] = draw;
      }
    }
  }

  private code(rows: ArrayLike<number>, at: number): void {
    for (let f = 0; f < this.bins.length; f++) this.codes[f] = codeOf(this.bins[f], rows[at + f]);
  }

  private mix(): number {
    let prediction = 0;
    let t = 0;
    for (const part of this.parts) {
      const trees = treesOf(part);
      prediction += part.weight * ofSum(part, this.sum(t, trees));
      t += trees;
    }
    return prediction;
  }

  private sum(from: number, count: number): number {
    const { trees, bins, codes } = this;
    let sum = 0;
    for (let t = from; t < from + count; t++) {
      sum += trees[t].value[leafOfCodes(trees[t], bins, codes)];
    }
    return sum;
  }
}
