/*
 * A forest at every corner between two rows.
 *
 * Rows x and b differ in d features, each a column or a group of columns that go together; corner S
 * takes the features of S from x and the others from b. Where x and b go the same way at a node, so does every corner. Where they part, the corners
 * with the node's feature in S follow x and the others follow b. So a walk that takes both ways
 * meets each leaf with the features that must be `inside` S and those that must be `outside`, and
 * the leaf belongs to 2^(d − inside − outside) corners:
 *
 *   corner bits    1 0 . .      inside = 1000, outside = 0100, free = 0011
 *
 * One pass over a tree thus replaces 2^d walks (the tree-wise idea of Lundberg et al. 2020). Each
 * tree adds to each corner once; in tree order, and part by part, that is the plain walk's own order
 * of additions.
 */
import type { FeatureBins } from '../data/binning.js';
import type { FeatureGroups } from './groups.js';
import { ofSum, type Part } from '../trees/parts.js';
import { goesLeft } from '../trees/walk.js';
import type { Tree } from '../trees/tree.js';

/** What a model predicts at the corners between two rows. */
export class Corners {
  /** By corner; bit i set: the columns of group `differing[i]` are the row's, else the other's. */
  readonly values: Float64Array;
  /** By corner: the sum over the trees of the part that is being added. */
  private readonly sums: Float64Array;
  /** By column: its group's bit in a corner; 0 where the rows do not differ. */
  private readonly bits: Int32Array;

  /** @param differing the groups in which some column's codes differ, at most 30 */
  constructor(
    private readonly row: ArrayLike<number>,
    private readonly other: ArrayLike<number>,
    private readonly groups: FeatureGroups,
    readonly differing: readonly number[],
  ) {
    this.values = new Float64Array(2 ** differing.length);
    this.sums = new Float64Array(this.values.length);
    this.bits = new Int32Array(row.length);
    differing.forEach((g, i) => {
      for (const f of groups[g]) this.bits[f] = 1 << i;
    });
  }

  /** Asks for every corner by itself; each differs from the last in one group (Gray code). */
  ask(predict: (row: ArrayLike<number>) => number): void {
    const { values, row, other, groups, differing } = this;
    const mixed = Float64Array.from(other);
    values[0] = predict(mixed);
    for (let k = 1, corner = 0; k < values.length; k++) {
      const i = 31 - Math.clz32(k & -k);
      corner ^= 1 << i;
      const from = (corner >>> i) & 1 ? row : other;
      for (const f of groups[differing[i]]) mixed[f] = from[f];
      values[corner] = predict(mixed);
    }
  }

  /** Adds what `tree` of a part predicts at every corner. */
  addTree(tree: Tree, bins: readonly FeatureBins[]): void {
    this.addBelow(tree, bins, 0, 0, 0);
  }

  /** Ends a part whose trees are all added. */
  endPart(part: Part): void {
    const { values, sums } = this;
    for (let corner = 0; corner < values.length; corner++) {
      values[corner] += part.weight * ofSum(part, sums[corner]);
    }
    sums.fill(0);
  }

  /** Puts every corner's prediction through a calibration. */
  finish(calibrate: (prediction: number) => number): void {
    const { values } = this;
    for (let corner = 0; corner < values.length; corner++) {
      values[corner] = calibrate(values[corner]);
    }
  }

  private addBelow(
    tree: Tree,
    bins: readonly FeatureBins[],
    node: number,
    inside: number,
    outside: number,
  ): void {
    const { row, other, bits, sums } = this;
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
    const free = (sums.length - 1) & ~(inside | outside);
    for (let some = free; some > 0; some = (some - 1) & free) sums[inside | some] += value;
    sums[inside] += value;
  }
}
