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
import type { Forest } from '@adscale/forest';
import type { ModelCard } from './card/card.js';
import { codeOf } from './tree-panel.js';

type Tree = Forest['trees'][number];

/** By feature and code: how common it is, in any unit. */
export type CodeShares = readonly (readonly number[])[];

/** @param row a row of numbers in schema order; only the numbers of `given` are looked at */
export function trainingWeight(
  forest: Forest,
  row: ArrayLike<number>,
  given: readonly number[],
  shares: CodeShares,
): number {
  const place = new Place(forest, row, given, shares);
  let total = 0;
  for (const tree of forest.trees) total += place.weightBelow(tree, 0);
  return total / forest.trees.length;
}

class Place {
  private readonly codes: Int32Array;
  private readonly isGiven: Uint8Array;
  /** By given feature and code: does the node's box still hold it? */
  private readonly open: readonly Uint8Array[];
  /** By feature: the code's share among those that the box holds; 1 where it is not given. */
  private readonly share: Float64Array;

  constructor(
    private readonly forest: Forest,
    row: ArrayLike<number>,
    given: readonly number[],
    private readonly shares: CodeShares,
  ) {
    this.codes = Int32Array.from(forest.bins, (bins, f) => codeOf(bins, row[f]));
    this.isGiven = Uint8Array.from(forest.bins, (_, f) => +given.includes(f));
    this.open = forest.bins.map(({ bins }, f) => new Uint8Array(this.isGiven[f] * bins).fill(1));
    this.share = Float64Array.from(forest.bins, (_, f) => (this.isGiven[f] ? this.shareOf(f) : 1));
  }

  /** The part of a node's weight that lies at the place. */
  weightBelow(tree: Tree, node: number): number {
    const f = tree.feature[node];
    if (f < 0) return this.share.reduce((cover, share) => cover * share, tree.cover[node]);
    const left = tree.left[node];
    if (this.isGiven[f] === 0) {
      return this.weightBelow(tree, left) + this.weightBelow(tree, left + 1);
    }
    const { bins } = this.forest.bins[f];
    if (this.codes[f] === bins) return this.weightBelow(tree, left + 1 - tree.missingLeft[node]);
    return this.narrowed(tree, node, f);
  }

  /** Goes where the place goes, with the codes closed that go the other way. */
  private narrowed(tree: Tree, node: number, f: number): number {
    const { open, share } = this;
    const goesLeft = this.goesLeft(tree, node, f, this.codes[f]);
    const before = share[f];
    const closed: number[] = [];
    for (let code = 0; code < open[f].length; code++) {
      if (open[f][code] === 1 && this.goesLeft(tree, node, f, code) !== goesLeft) closed.push(code);
    }
    for (const code of closed) open[f][code] = 0;
    share[f] = this.shareOf(f);
    const weight = this.weightBelow(tree, tree.left[node] + +!goesLeft);
    for (const code of closed) open[f][code] = 1;
    share[f] = before;
    return weight;
  }

  private goesLeft(tree: Tree, node: number, f: number, code: number): boolean {
    const cut = tree.cut[node];
    if (!this.forest.bins[f].categorical) return code <= cut;
    return ((tree.sets[cut + (code >>> 5)] >>> (code & 31)) & 1) === 1;
  }

  private shareOf(f: number): number {
    const code = this.codes[f];
    // Missing is told from the rest by where the nodes send it, not by a share of a box.
    if (code === this.forest.bins[f].bins) return 1;
    let all = 0;
    for (let other = 0; other < this.open[f].length; other++) {
      if (this.open[f][other] === 1) all += this.shares[f][other];
    }
    return all > 0 ? this.shares[f][code] / all : 0;
  }
}

/** Categories by how many training rows had them, where a card tells; bins alike. */
export function codeShares({ bins, schema }: Forest, card: ModelCard | undefined): CodeShares {
  return schema.features.map((feature, f) => {
    const range = card?.training.ranges[feature.name];
    return feature.kind === 'categorical' && range !== undefined && 'categories' in range
      ? feature.categories.map((name) => range.categories[name])
      : new Array<number>(bins[f].bins).fill(1);
  });
}
