/*
 * How much training weight lay where some features have given values, for a model that keeps no
 * rows. Every node of a tree knows the weight that reached it; walking down with the given
 * features known, and both ways at any other, ends in the leaves that overlap the place:
 *
 *   weight = Σ leaves  cover · Π given features  share of the code among those the leaf spans
 *
 * In a leaf that no split has narrowed to the value alone, categories have the shares that they
 * have in the whole table, and the bins of a number, which are quantiles, share alike. Trees see
 * bootstrap samples, whose weight is the table's on average; so is the mean over the trees.
 */
import { codeOf, type FeatureBins } from '../data/binning.js';
import { codeGoesLeft, type Tree } from '../trees/tree.js';

/** By feature and code: how common it is, in any unit. */
export type CodeShares = readonly (readonly number[])[];

/**
 * Training weight at the place of a row.
 * @param row numbers in schema order; only those of the features `given` are looked at
 * @param shares by default the bins of a number and the categories of a word share alike
 */
export function trainingWeight(
  bins: readonly FeatureBins[],
  trees: readonly Tree[],
  row: ArrayLike<number>,
  given: readonly number[],
  shares: CodeShares = bins.map((feature) => new Array<number>(feature.bins).fill(1)),
): number {
  const place = new Place(bins, row, given, shares);
  let total = 0;
  for (const tree of trees) total += place.weightBelow(tree, 0);
  return total / trees.length;
}

class Place {
  private readonly codes: Int32Array;
  private readonly isGiven: Uint8Array;
  /** By given feature and code: does the node's box still hold it? */
  private readonly open: readonly Uint8Array[];
  /** By feature: the code's share among those that the box holds; 1 where it is not given. */
  private readonly share: Float64Array;

  constructor(
    private readonly bins: readonly FeatureBins[],
    row: ArrayLike<number>,
    given: readonly number[],
    private readonly shares: CodeShares,
  ) {
    this.codes = Int32Array.from(bins, (feature, f) => codeOf(feature, row[f]));
    this.isGiven = Uint8Array.from(bins, (_, f) => +given.includes(f));
    this.open = bins.map(({ bins }, f) => new Uint8Array(this.isGiven[f] * bins).fill(1));
    this.share = Float64Array.from(bins, (_, f) => (this.isGiven[f] ? this.shareOf(f) : 1));
  }

  /** The part of a node's weight that lies at the place. */
  weightBelow(tree: Tree, node: number): number {
    const f = tree.feature[node];
    if (f < 0) return this.share.reduce((cover, share) => cover * share, tree.cover[node]);
    const left = tree.left[node];
    if (this.isGiven[f] === 0) {
      return this.weightBelow(tree, left) + this.weightBelow(tree, left + 1);
    }
    const { bins } = this.bins[f];
    if (this.codes[f] === bins) return this.weightBelow(tree, left + 1 - tree.missingLeft[node]);
    return this.narrowed(tree, node, f);
  }

  /** Goes where the place goes, with the codes closed that go the other way. */
  private narrowed(tree: Tree, node: number, f: number): number {
    const { open, share } = this;
    const goesLeft = codeGoesLeft(tree, node, this.bins[f], this.codes[f]);
    const before = share[f];
    const closed: number[] = [];
    for (let code = 0; code < open[f].length; code++) {
      if (open[f][code] === 1 && codeGoesLeft(tree, node, this.bins[f], code) !== goesLeft)
        closed.push(code);
    }
    for (const code of closed) open[f][code] = 0;
    share[f] = this.shareOf(f);
    const weight = this.weightBelow(tree, tree.left[node] + +!goesLeft);
    for (const code of closed) open[f][code] = 1;
    share[f] = before;
    return weight;
  }

  private shareOf(f: number): number {
    const code = this.codes[f];
    // Missing is told from the rest by where the nodes send it, not by a share of a box.
    if (code === this.bins[f].bins) return 1;
    let all = 0;
    for (let other = 0; other < this.open[f].length; other++) {
      if (this.open[f][other] === 1) all += this.shares[f][other];
    }
    return all > 0 ? this.shares[f][code] / all : 0;
  }
}
