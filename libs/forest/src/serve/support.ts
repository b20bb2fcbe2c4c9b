/*
 * How much training weight lay where some features have given values, found without the training
 * rows. Every node of a tree keeps the weight that reached it. A walk that follows the given
 * features, and takes both ways at all others, ends in the leaves that overlap the place:
 *
 *   weight = Σ leaves  cover · Π given features  share of the code among those the leaf spans
 *
 * If a leaf spans more codes of a feature than the given one, its weight is divided among them:
 * categories by their shares of the whole table, bins of a number equally, since they are quantiles.
 * Trees see bootstrap samples, which weigh what the table weighs on average; so does their mean. Boosted
 * trees keep the weight of the whole table.
 */
import { codeOf, type FeatureBins } from '../data/binning.js';
import { treesOf, type Part } from '../trees/parts.js';
import { codeGoesLeft, type Tree } from '../trees/tree.js';

/** By feature and code: how common the code is among training rows, in any unit. */
export type CodeShares = readonly (readonly number[])[];

/**
 * Training weight at the place of a row.
 * @param row numbers in schema order; only those of the features `given` are looked at
 * @param shares how a leaf's weight is divided among codes; by default equally
 */
export function trainingWeight(
  bins: readonly FeatureBins[],
  parts: readonly Part[],
  trees: readonly Tree[],
  row: ArrayLike<number>,
  given: readonly number[],
  shares: CodeShares = bins.map((feature) => new Array<number>(feature.bins).fill(1)),
): number {
  const place = new Place(bins, row, given, shares);
  let mixed = 0;
  let t = 0;
  for (const part of parts) {
    const first = t;
    let total = 0;
    for (const end = t + treesOf(part); t < end; t++) total += place.weightBelow(trees[t], 0);
    mixed += (part.weight * total) / (t - first);
  }
  return mixed;
}

class Place {
  private readonly codes: Int32Array;
  private readonly isGiven: Uint8Array;
  /** By given feature and code: 1 if rows with that code can reach the node. */
  private readonly open: readonly Uint8Array[];
  /** By feature: the given code's share among the open ones; 1 where the feature is not given. */
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

  /** Follows the given code, with the codes closed that go the other way. */
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
    // Missing values are no code: the walk has followed them through every node.
    if (code === this.bins[f].bins) return 1;
    let all = 0;
    for (let other = 0; other < this.open[f].length; other++) {
      if (this.open[f][other] === 1) all += this.shares[f][other];
    }
    return all > 0 ? this.shares[f][code] / all : 0;
  }
}
