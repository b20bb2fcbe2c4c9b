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
 *
 * One walk serves any number of places: at a given feature they part, elsewhere they go on together,
 *
 *   order   | 4 0 | 2 5 1 3 |      the places at a node; those of its left child come first
 *
 * so a tree's nodes are entered once, and what is done for each place is one sum a leaf. Sums are added
 * in the order of the walk, so a place's weight does not depend on those it is asked with.
 */
import { codeOf, type FeatureBins } from '../data/binning.js';
import { treesOf, type Part } from '../trees/parts.js';
import { codeGoesLeft, type Tree } from '../trees/tree.js';

/** By feature and code: how common the code is among training rows, in any unit. */
export type CodeShares = readonly (readonly number[])[];

/**
 * Training weight at the places of some rows.
 * @param rows row after row, numbers in schema order; only those of the features `given` are looked at
 * @param shares how a leaf's weight is divided among codes; by default equally
 * @returns a number a row
 */
export function trainingWeights(
  bins: readonly FeatureBins[],
  parts: readonly Part[],
  trees: readonly Tree[],
  rows: ArrayLike<number>,
  given: readonly number[],
  shares: CodeShares = bins.map((feature) => new Array<number>(feature.bins).fill(1)),
): Float64Array {
  const places = new Places(bins, rows, given, shares);
  const mixed = new Float64Array(places.count);
  let t = 0;
  for (const part of parts) {
    const first = t;
    const total = new Float64Array(places.count);
    for (const end = t + treesOf(part); t < end; t++) places.addWeights(trees[t], total);
    for (let i = 0; i < mixed.length; i++) mixed[i] += (part.weight * total[i]) / (t - first);
  }
  return Float64Array.from(places.ofRows, (place) => mixed[place]);
}

/** A given feature: the codes of the places, and those that rows at the node at hand can have. */
interface Given {
  /** By place. */
  readonly codes: Int32Array;
  readonly missing: number;
  readonly shares: readonly number[];
  /** By code: which side it goes to at the node at hand. */
  readonly side: Uint8Array;
  /** Ascending. */
  open: readonly number[];
  /** Sum of the shares of the open codes. */
  all: number;
}

class Places {
  /** By row: its place. Rows whose given features have the same codes are one place. */
  readonly ofRows: Int32Array;
  readonly count: number;
  /** The places; those at a node lie side by side. */
  private readonly order: Int32Array;
  private readonly scratch: Int32Array;
  /** By feature; undefined where it is not given. */
  private readonly given: readonly (Given | undefined)[];
  /** By depth: what the right child adds. */
  private readonly sums: Float64Array[] = [];

  constructor(
    private readonly bins: readonly FeatureBins[],
    rows: ArrayLike<number>,
    given: readonly number[],
    shares: CodeShares,
  ) {
    const known = new Map<string, number>();
    const places: Int32Array[] = [];
    this.ofRows = Int32Array.from({ length: rows.length / bins.length }, (_, i) => {
      const codes = Int32Array.from(given, (f) => codeOf(bins[f], rows[i * bins.length + f]));
      const key = codes.join();
      const place = known.get(key) ?? places.push(codes) - 1;
      known.set(key, place);
      return place;
    });
    this.count = places.length;
    this.order = Int32Array.from(places.keys());
    this.scratch = new Int32Array(this.count);
    this.given = bins.map((feature, f) => {
      const place = given.indexOf(f);
      if (place < 0) return undefined;
      const codes = Int32Array.from(places, (each) => each[place]);
      const open = [...new Array<number>(feature.bins).keys()];
      const all = shareOf(shares[f], open);
      const side = new Uint8Array(feature.bins + 1);
      return { codes, missing: feature.bins, shares: shares[f], side, open, all };
    });
  }

  /** Adds to `total`, by place, the part of a tree's weight that lies there. */
  addWeights(tree: Tree, total: Float64Array): void {
    const weights = this.sumsAt(0);
    this.weigh(tree, 0, 0, this.count, 0);
    for (let i = 0; i < total.length; i++) total[i] += weights[i];
  }

  private sumsAt(depth: number): Float64Array {
    return (this.sums[depth] ??= new Float64Array(this.count));
  }

  /** Writes the part of a node's weight at the places `order[from … to)` into the sums of a depth. */
  private weigh(tree: Tree, node: number, from: number, to: number, depth: number): void {
    if (from === to) return;
    const f = tree.feature[node];
    if (f < 0) return this.weighLeaf(tree.cover[node], from, to, this.sumsAt(depth));
    const given = this.given[f];
    if (given !== undefined) return this.part(tree, node, given, from, to, depth);
    const left = tree.left[node];
    this.weigh(tree, left, from, to, depth);
    this.weigh(tree, left + 1, from, to, depth + 1);
    const [sums, more] = [this.sumsAt(depth), this.sumsAt(depth + 1)];
    for (let at = from; at < to; at++) sums[this.order[at]] += more[this.order[at]];
  }

  private weighLeaf(cover: number, from: number, to: number, sums: Float64Array): void {
    const { order, given } = this;
    for (let at = from; at < to; at++) sums[order[at]] = cover;
    for (const feature of given) {
      if (feature === undefined) continue;
      const { codes, missing, shares, all } = feature;
      for (let at = from; at < to; at++) {
        const code = codes[order[at]];
        // Missing values are no code: the walk has followed them through every node.
        if (code !== missing) sums[order[at]] *= all > 0 ? shares[code] / all : 0;
      }
    }
  }

  /** Each place follows its code, with the codes closed that go the other way. */
  private part(tree: Tree, node: number, given: Given, from: number, to: number, depth: number) {
    const { open, all, shares } = given;
    const codes = sidesOf(tree, node, this.bins[tree.feature[node]], given);
    const middle = this.leftFirst(given, from, to);
    for (let side = 0; side < 2; side++) {
      const [start, end] = side === 0 ? [from, middle] : [middle, to];
      if (start === end) continue;
      given.open = codes[side];
      given.all = shareOf(shares, given.open);
      this.weigh(tree, tree.left[node] + side, start, end, depth);
    }
    given.open = open;
    given.all = all;
  }

  /** Brings the places at a node into order; returns where those of its right child begin. */
  private leftFirst({ codes, side }: Given, from: number, to: number): number {
    const { order, scratch } = this;
    let middle = from;
    let right = 0;
    for (let at = from; at < to; at++) {
      const place = order[at];
      if (side[codes[place]] === 0) order[middle++] = place;
      else scratch[right++] = place;
    }
    for (let i = 0; i < right; i++) order[middle + i] = scratch[i];
    return middle;
  }
}

/** The open codes that go left at a node, and those that go right; notes for each which side it goes to. */
function sidesOf(
  tree: Tree,
  node: number,
  bins: FeatureBins,
  { open, missing, side }: Given,
): readonly [left: number[], right: number[]] {
  const sides: [number[], number[]] = [[], []];
  side[missing] = +!codeGoesLeft(tree, node, bins, missing);
  for (const code of open) {
    side[code] = +!codeGoesLeft(tree, node, bins, code);
    sides[side[code]].push(code);
  }
  return sides;
}

function shareOf(shares: readonly number[], codes: readonly number[]): number {
  let all = 0;
  for (const code of codes) all += shares[code];
  return all;
}
