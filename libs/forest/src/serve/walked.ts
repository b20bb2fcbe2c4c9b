/*
 * The forest as it was grown, walked by codes: for forests whose categorical features have so many
 * distinct left sets that a slot for each (packed.ts) would cost more than it saves.
 */
import { codeOf, layOutFields, type FeatureBins } from '../data/binning.js';
import type { CellSpace } from './cells.js';
import { CodeWalk, type Tree } from '../trees/tree.js';

export class WalkedForest {
  private readonly words: Uint32Array;
  private readonly walk: CodeWalk;
  private readonly fields;

  constructor(
    private readonly bins: readonly FeatureBins[],
    private readonly trees: readonly Tree[],
  ) {
    this.fields = layOutFields(bins);
    const wordsPerRow = this.fields.word[bins.length] + 1;
    this.words = new Uint32Array(wordsPerRow);
    const { fields, words } = this;
    const anyMissing = bins.map(() => true);
    this.walk = new CodeWalk(bins, { rows: 1, wordsPerRow, fields, words, anyMissing });
  }

  /** The mean of the trees at the row of numbers that begins at `at`. */
  predict(rows: ArrayLike<number>, at = 0): number {
    this.layOut(rows, at);
    return this.mean();
  }

  /** The mean of the trees in a cell, told by its codes over the used cuts of `cells`. */
  predictCodes(codes: Int32Array, cells: CellSpace): number {
    const { words, fields } = this;
    words.fill(0);
    for (let f = 0; f < codes.length; f++) {
      words[fields.word[f]] |= cells.codeOfAll(f, codes[f], this.bins[f]) << fields.shift[f];
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
      this.layOut(rows, at);
      for (let t = 0; t < trees; t++) {
        const tree = this.trees[t];
        out[t * count + i] = tree.value[this.walk.leafOf(tree, 0)];
      }
    }
  }

  private layOut(rows: ArrayLike<number>, at: number): void {
    const { bins, words, fields } = this;
    words.fill(0);
    for (let f = 0; f < bins.length; f++) {
      words[fields.word[f]] |= codeOf(bins[f], rows[at + f]) << fields.shift[f];
    }
  }

  private mean(): number {
    const { trees, walk } = this;
    let sum = 0;
    for (const tree of trees) sum += tree.value[walk.leafOf(tree, 0)];
    return sum / trees.length;
  }
}
