/*
 * A grown tree, as flat arrays. The two children of a node sit side by side and after their
 * parent, so one link a node is enough and no walk can run in circles:
 *
 *   node n   left[n] = l > n      left child l      right child l + 1
 *   leaf     left[n] = 0
 */
import type { FeatureBins, PackedRows } from '../data/binning.js';

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

/** Builds a tree node by node, in arrays that grow. */
export class TreeBuilder {
  nodes = 1;
  private capacity: number;
  private feature: Int16Array;
  private cut: Int32Array;
  private left: Int32Array;
  private missingLeft: Uint8Array;
  private value: Float64Array;
  private cover: Float64Array;
  private gain: Float64Array;
  private sets = new Uint32Array(0);
  private setWords = 0;

  constructor(capacity = 256) {
    this.capacity = capacity;
    this.feature = new Int16Array(capacity).fill(-1);
    this.cut = new Int32Array(capacity);
    this.left = new Int32Array(capacity);
    this.missingLeft = new Uint8Array(capacity);
    this.value = new Float64Array(capacity);
    this.cover = new Float64Array(capacity);
    this.gain = new Float64Array(capacity);
  }

  describe(node: number, value: number, cover: number): void {
    this.value[node] = value;
    this.cover[node] = cover;
  }

  /** Makes `node` an inner node and returns its left child; the right one is next to it. */
  split(node: number, feature: number, cut: number, missingLeft: boolean, gain: number): number {
    if (this.nodes + 2 > this.capacity) this.enlarge();
    const left = this.nodes;
    this.nodes += 2;
    this.feature[node] = feature;
    this.cut[node] = cut;
    this.left[node] = left;
    this.missingLeft[node] = +missingLeft;
    this.gain[node] = gain;
    return left;
  }

  /** Stores a categorical node's left set; the returned place is the node's `cut`. */
  addSet(set: Uint32Array): number {
    const at = this.setWords;
    if (at + set.length > this.sets.length) {
      const larger = new Uint32Array(Math.max(64, 2 * (at + set.length)));
      larger.set(this.sets);
      this.sets = larger;
    }
    this.sets.set(set, at);
    this.setWords += set.length;
    return at;
  }

  finish(): Tree {
    const { nodes } = this;
    return {
      nodes,
      feature: this.feature.slice(0, nodes),
      cut: this.cut.slice(0, nodes),
      left: this.left.slice(0, nodes),
      missingLeft: this.missingLeft.slice(0, nodes),
      value: this.value.slice(0, nodes),
      cover: this.cover.slice(0, nodes),
      gain: this.gain.slice(0, nodes),
      sets: this.sets.slice(0, this.setWords),
    };
  }

  /** Makes the builder ready for the next tree; its memory is kept. */
  reset(): void {
    this.feature.fill(-1, 0, this.nodes);
    this.left.fill(0, 0, this.nodes);
    this.cut.fill(0, 0, this.nodes);
    this.missingLeft.fill(0, 0, this.nodes);
    this.gain.fill(0, 0, this.nodes);
    this.nodes = 1;
    this.setWords = 0;
  }

  private enlarge(): void {
    const used = this.capacity;
    this.capacity *= 2;
    const grown = <T extends { set(from: T): void }>(larger: T, from: T): T => {
      larger.set(from);
      return larger;
    };
    this.feature = grown(new Int16Array(this.capacity).fill(-1, used), this.feature);
    this.cut = grown(new Int32Array(this.capacity), this.cut);
    this.left = grown(new Int32Array(this.capacity), this.left);
    this.missingLeft = grown(new Uint8Array(this.capacity), this.missingLeft);
    this.value = grown(new Float64Array(this.capacity), this.value);
    this.cover = grown(new Float64Array(this.capacity), this.cover);
    this.gain = grown(new Float64Array(this.capacity), this.gain);
  }
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

/** Walks packed rows down trees. */
export class CodeWalk {
  private readonly missing: Int32Array;
  private readonly categorical: Uint8Array;

  constructor(
    bins: readonly FeatureBins[],
    private readonly packed: PackedRows,
  ) {
    this.missing = Int32Array.from(bins, (feature) => feature.bins);
    this.categorical = Uint8Array.from(bins, (feature) => +feature.categorical);
  }

  /** The leaf of `tree` that packed row `row` falls into. */
  leafOf(tree: Tree, row: number): number {
    const { missing, categorical } = this;
    const { words, wordsPerRow } = this.packed;
    const { word, shift, mask } = this.packed.fields;
    const { feature, cut, left, missingLeft, sets } = tree;
    const at = row * wordsPerRow;
    let node = 0;
    for (let f = feature[0]; f >= 0; f = feature[node]) {
      const code = (words[at + word[f]] >>> shift[f]) & mask[f];
      let goesLeft = +(code <= cut[node]);
      if (code === missing[f]) goesLeft = missingLeft[node];
      else if (categorical[f] === 1) goesLeft = +inSet(sets, cut[node], code);
      node = left[node] + 1 - goesLeft;
    }
    return node;
  }
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
