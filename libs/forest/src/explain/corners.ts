/*
 * A forest at every corner between two rows.
 *
 * Rows x and b differ in d features; corner S takes the features of S from x and the others from
 * b. Where x and b go the same way at a node, so does every corner. Where they part, the corners
 * with the node's feature in S follow x and the others follow b. So a walk that takes both ways
 * meets each leaf with the features that must be `inside` S and those that must be `outside`, and
 * the leaf belongs to 2^(d − inside − outside) corners:
 *
 *   corner bits    1 0 . .      inside = 1000, outside = 0100, free = 0011
 *
 * One pass over a tree thus replaces 2^d walks (the tree-wise idea of Lundberg et al. 2020). Each
 * tree adds to each corner once; in tree order, that is the plain walk's own order of additions.
 */
import type { FeatureBins } from '../data/binning.js';
import { goesLeft } from '../trees/walk.js';
import type { Tree } from '../trees/tree.js';

/** What a model predicts at the corners between two rows. */
export class Corners {
  /** By corner; bit i set: feature `differing[i]` is the row's, else the other's. */
  readonly values: Float64Array;
  /** By feature: its bit in a corner; 0 where the rows do not differ. */
  private readonly bits: Int32Array;

  /** @param differing the features whose codes differ, at most 30 */
  constructor(
    private readonly row: ArrayLike<number>,
    private readonly other: ArrayLike<number>,
    readonly differing: readonly number[],
  ) {
    this.values = new Float64Array(2 ** differing.length);
    this.bits = new Int32Array(row.length);
    differing.forEach((f, i) => (this.bits[f] = 1 << i));
  }

  /** Asks for every corner by itself; each differs from the last in one feature (Gray code). */
  ask(predict: (row: ArrayLike<number>) => number): void {
    const { values, row, other, differing } = this;
    const mixed = Float64Array.from(other);
    values[0] = predict(mixed);
    for (let k = 1, corner = 0; k < values.length; k++) {
      const i = 31 - Math.clz32(k & -k);
      const f = differing[i];
      corner ^= 1 << i;
      mixed[f] = (corner >>> i) & 1 ? row[f] : other[f];
      values[corner] = predict(mixed);
    }
  }

  /** Adds what `tree` predicts at every corner. */
  addTree(tree: Tree, bins: readonly FeatureBins[]): void {
    this.addBelow(tree, bins, 0, 0, 0);
  }

  /** Makes predictions of the sums over trees. */
  finish(predictionOf: (sum: number) => number): void {
    const { values } = this;
    for (let corner = 0; corner < values.length; corner++) {
      values[corner] = predictionOf(values[corner]);
    }
  }

  private addBelow(
    tree: Tree,
    bins: readonly FeatureBins[],
    node: number,
    inside: number,
    outside: number,
  ): void {
    const { row, other, bits, values } = this;
    for (let f = tree.feature[node]; f >= 0; f = tree.feature[node]) {
      const left = tree.left[node];
      const bit = bits[f];
      const mine = left + +!goesLeft(tree, node, bins[f], row[f]);
      if (bit === 0 || (inside & bit) !== 0) node = mine;
      else {
        const theirs = left + +!goesLeft(tree, node, bins[f], other[f]);
        if (mine !== theirs && (outside & bit) === 0) {
          this.addBelow(tree, bins, mine, inside | bit, outside);
          outside |= bit;
        }
        node = theirs;
      }
    }
    const value = tree.value[node];
    const free = (values.length - 1) & ~(inside | outside);
    for (let some = free; some > 0; some = (some - 1) & free) values[inside | some] += value;
    values[inside] += value;
  }
}
