/*
 * A grown tree, as flat arrays. The two children of a node sit side by side and after their
 * parent, so one link a node is enough and no walk can run in circles:
 *
 *   node n   left[n] = l > n      left child l      right child l + 1
 *   leaf     left[n] = 0
 */
import type { FeatureBins } from '../data/binning.js';

export interface Tree {
  readonly nodes: number;
  /** The feature a node tests; −1 in a leaf. */
  readonly feature: Int16Array;
  /** Numeric: codes ≤ cut go left. Categorical: where the node's left set starts in `sets`. */
  readonly cut: Int32Array;
  /** The left child; 0 in a leaf. */
  readonly left: Int32Array;
  /** 1 where missing (and categories never seen in the node) goes left. */
  readonly missingLeft: Uint8Array;
  /** Weighted mean of the target over the node's in-bag rows; a leaf's is its prediction. */
  readonly value: Float64Array;
  /** In-bag weight of the node. */
  readonly cover: Float64Array;
  /** Loss that the node's split saved; 0 in a leaf. */
  readonly gain: Float64Array;
  /** Bit sets of categories that go left, ⌈categories / 32⌉ words a categorical node. */
  readonly sets: Uint32Array;
}

/** Does a node's left set hold `code`? */
export function inSet(sets: Uint32Array, at: number, code: number): boolean {
  return ((sets[at + (code >>> 5)] >>> (code & 31)) & 1) === 1;
}

/** Which way a code over all cuts goes at an inner node; `bins` are those of the feature it tests. */
export function codeGoesLeft(tree: Tree, node: number, bins: FeatureBins, code: number): boolean {
  const cut = tree.cut[node];
  if (code === bins.bins) return tree.missingLeft[node] === 1;
  return bins.categorical ? inSet(tree.sets, cut, code) : code <= cut;
}

/** The leaf that the codes of a row, over all cuts, lead to. */
export function leafOfCodes(
  tree: Tree,
  bins: readonly FeatureBins[],
  codes: ArrayLike<number>,
): number {
  let node = 0;
  for (let f = tree.feature[0]; f >= 0; f = tree.feature[node]) {
    node = tree.left[node] + +!codeGoesLeft(tree, node, bins[f], codes[f]);
  }
  return node;
}

/**
 * Checks that arrays form a tree: children come after their only parent, every test is of a feature
 * and a cut that exist, and values are finite. All code that walks trees relies on just that.
 * @returns what is wrong, or null if nothing is
 */
export function checkTree(tree: Tree, bins: readonly FeatureBins[]): string | null {
  const { nodes, feature, left, value } = tree;
  if (nodes < 1) return 'it has no nodes';
  let next = 1;
  const children = new Uint8Array(nodes);
  for (let node = 0; node < nodes; node++) {
    if (!Number.isFinite(value[node])) return `the value of node ${node} is ${value[node]}`;
    const f = feature[node];
    if (f < 0) {
      if (left[node] !== 0) return `leaf ${node} has children`;
      continue;
    }
    if (f >= bins.length) return `node ${node} tests feature ${f} of ${bins.length}`;
    const child = left[node];
    if (child <= node || child + 1 >= nodes) return `the children of node ${node} lie outside`;
    if (children[child] + children[child + 1] > 0) return `node ${child} has two parents`;
    children[child] = children[child + 1] = 1;
    next += 2;
    const problem = checkTest(tree, node, bins[f]);
    if (problem !== null) return problem;
  }
  return next === nodes ? null : 'some nodes have no parent';
}

function checkTest(
  { cut, missingLeft, sets }: Tree,
  node: number,
  bins: FeatureBins,
): string | null {
  if (missingLeft[node] > 1) return `node ${node} sends missing values nowhere`;
  const last = bins.categorical ? sets.length - ((bins.bins + 31) >>> 5) : bins.bins - 1;
  return cut[node] >= 0 && cut[node] <= last ? null : `the cut of node ${node} lies outside`;
}
