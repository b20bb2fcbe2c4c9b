/*
 * Path-dependent TreeSHAP.
 *
 * The game (Lundberg et al. 2018, 2020): a coalition S knows some features. A tree answers it by
 * walking; at a node whose feature is in S it goes where the row goes, at any other it takes both
 * ways, weighted by the share of training weight (`cover`) that went there. So a leaf counts
 *
 *   product over the features i of its path of     one_i    if i is in S   (1: the row goes along
 *                                                  zero_i   if not          at all of i's nodes)
 *
 * where zero_i multiplies the cover shares of i's nodes. No background sample is needed; the price
 * is that unknown features are averaged along the tree instead of independently.
 *
 * Lundberg's algorithm 2 grows and shrinks a polynomial of each path by multiplying and dividing
 * it, and the divisions lose digits: on the chain of the tests 1e-8 at 40 features on a path, 4e-4
 * at 60. The Shapley value is also an integral, in which every other feature is known with
 * probability t (Owen 1972):
 *
 *   φ_i = Σ leaves  value · ∫₀¹ (one_i − zero_i) · Π_{j ≠ i} (t · one_j + (1 − t) · zero_j) dt
 *
 * The integrand is a polynomial, so Gauss–Legendre points integrate it exactly: keep the product
 * at each point, all terms positive, nothing lost. And since leaves only add up, an edge needs
 * just the sum over the leaves below it (Yu et al. 2022, Linear TreeShap): one visit a node.
 *
 *   edge with feature i    factor before it: old, after it: new      (1 above i's first edge)
 *   going down             product at each point  · new / old
 *   coming back up         φ_i += (one − zero) ∫ sum / new − (the same for old)
 *
 * The second term takes back what the edges above have counted for this edge's leaves.
 */
import { ForestError } from '../errors.js';
import type { Forest } from '../model/forest.js';
import { goesLeft } from '../trees/walk.js';
import type { Tree } from '../trees/tree.js';

/** Sums values over trees of a forest, at one row. `one` and `zero` always tell of the path to where the walk is. */
export class TreeWalk {
  /** By feature: Σ over the trees visited. */
  readonly values: Float64Array;
  private readonly one: Uint8Array;
  private readonly zero: Float64Array;
  private readonly points: Float64Array;
  private readonly weights: Float64Array;
  /** By depth and point: the product over the path's features. */
  private readonly product: Float64Array;
  /** By depth and point: Σ value · product over the leaves below. */
  private readonly below: Float64Array;

  constructor(
    private readonly forest: Forest,
    private readonly row: ArrayLike<number>,
  ) {
    const depth = forest.trees.reduce((deepest, tree) => Math.max(deepest, depthOf(tree)), 0);
    // m points are exact up to degree 2m − 1, and d features make an integrand of degree d − 1.
    const count = Math.max(1, Math.ceil(Math.min(row.length, depth) / 2));
    [this.points, this.weights] = gaussLegendre(count);
    this.values = new Float64Array(row.length);
    this.one = new Uint8Array(row.length).fill(1);
    this.zero = new Float64Array(row.length).fill(1);
    this.product = new Float64Array((depth + 1) * count).fill(1, 0, count);
    this.below = new Float64Array((depth + 1) * count);
  }

  /** @throws ForestError STATISTICS_ABSENT if a node's children have no cover above 0 */
  add(tree: Tree): void {
    this.visit(tree, 0, 0);
  }

  /** Fills `below` of this depth. */
  private visit(tree: Tree, node: number, depth: number): void {
    const { product, below, points, row, one, zero } = this;
    const at = depth * points.length;
    const f = tree.feature[node];
    if (f < 0) {
      const value = tree.value[node];
      for (let k = at; k < at + points.length; k++) below[k] = value * product[k];
      return;
    }
    below.fill(0, at, at + points.length);
    const left = tree.left[node];
    const cover = coverOfChildren(tree, node);
    const mine = left + +!goesLeft(tree, node, this.forest.bins[f], row[f]);
    const oldOne = one[f];
    const oldZero = zero[f];
    for (let child = left; child <= left + 1; child++) {
      one[f] = child === mine ? oldOne : 0;
      zero[f] = oldZero * (tree.cover[child] / cover);
      // A child that neither the row nor any training weight reaches adds nothing.
      if (one[f] > 0 || zero[f] > 0) this.visitChild(tree, child, depth, f, oldOne, oldZero);
    }
    one[f] = oldOne;
    zero[f] = oldZero;
  }

  private visitChild(
    tree: Tree,
    child: number,
    depth: number,
    f: number,
    oldOne: number,
    oldZero: number,
  ): void {
    const { product, below, points, weights } = this;
    const one = this.one[f];
    const zero = this.zero[f];
    const count = points.length;
    const at = depth * count;
    for (let k = 0; k < count; k++) {
      const t = points[k];
      const ratio = (t * one + (1 - t) * zero) / (t * oldOne + (1 - t) * oldZero);
      product[at + count + k] = product[at + k] * ratio;
    }
    this.visit(tree, child, depth + 1);
    let added = 0;
    let taken = 0;
    for (let k = 0; k < count; k++) {
      const t = points[k];
      const sum = below[at + count + k];
      added += (weights[k] * sum) / (t * one + (1 - t) * zero);
      taken += (weights[k] * sum) / (t * oldOne + (1 - t) * oldZero);
      below[at + k] += sum;
    }
    this.values[f] += (one - zero) * added - (oldOne - oldZero) * taken;
  }
}

/** The cover-weighted mean of a tree's leaves; children come after their parents. */
export function coverMean(tree: Tree): number {
  const means = tree.value.slice();
  for (let node = tree.nodes - 1; node >= 0; node--) {
    const left = tree.left[node];
    if (tree.feature[node] < 0) continue;
    const share = tree.cover[left] / coverOfChildren(tree, node);
    means[node] = share * means[left] + (1 - share) * means[left + 1];
  }
  return means[0];
}

function coverOfChildren(tree: Tree, node: number): number {
  const left = tree.left[node];
  const cover = tree.cover[left] + tree.cover[left + 1];
  if (cover > 0) return cover;
  throw new ForestError(
    'STATISTICS_ABSENT',
    `the children of node ${node} have cover ${cover}, wanted the training weight that reached them`,
  );
}

function depthOf(tree: Tree): number {
  const depths = new Int32Array(tree.nodes);
  let deepest = 0;
  for (let node = 0; node < tree.nodes; node++) {
    if (tree.feature[node] < 0) continue;
    const left = tree.left[node];
    depths[left] = depths[left + 1] = depths[node] + 1;
    deepest = Math.max(deepest, depths[left]);
  }
  return deepest;
}

/**
 * Points and weights on [0, 1] that integrate polynomials of degree below 2 · `count` exactly: the
 * roots of the Legendre polynomial, by Newton's method from their cosine approximations.
 */
export function gaussLegendre(count: number): [points: Float64Array, weights: Float64Array] {
  const points = new Float64Array(count);
  const weights = new Float64Array(count);
  for (let k = 0; k < count; k++) {
    let x = Math.cos((Math.PI * (k + 0.75)) / (count + 0.5));
    let slope = 1;
    for (let step = 0; step < 8; step++) {
      let value = x;
      let before = 1;
      for (let n = 2; n <= count; n++) {
        [value, before] = [((2 * n - 1) * x * value - (n - 1) * before) / n, value];
      }
      slope = (count * (x * value - before)) / (x * x - 1);
      x -= value / slope;
    }
    points[k] = (1 + x) / 2;
    weights[k] = 1 / ((1 - x * x) * slope * slope);
  }
  return [points, weights];
}
