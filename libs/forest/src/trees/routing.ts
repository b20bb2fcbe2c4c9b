/*
 * Sends many packed rows down one tree at once. Each node splits its stretch of a list of rows,
 *
 *   list      [ … | rows of the node | … ]   →   [ … | left | right | … ]
 *
 * so that a test's constants are read once a node, not once a row. Children come after their
 * parent (tree.ts), so one pass over the nodes visits every stretch after it is final.
 */
import type { FeatureBins, PackedRows } from '../data/binning.js';
import { inSet, type Tree } from './tree.js';

/** Called with a leaf and the stretch of the list that fell into it. */
export type VisitLeaf = (leaf: number, list: Uint32Array, start: number, end: number) => void;

export class Router {
  private readonly aside: Uint32Array;
  private starts = new Uint32Array(0);
  private ends = new Uint32Array(0);

  constructor(
    private readonly bins: readonly FeatureBins[],
    private readonly packed: PackedRows,
  ) {
    this.aside = new Uint32Array(packed.rows);
  }

  /** Reorders the first `count` rows of `list` so that each leaf's lie together, and visits them. */
  route(tree: Tree, list: Uint32Array, count: number, visit: VisitLeaf): void {
    if (this.starts.length < tree.nodes) {
      this.starts = new Uint32Array(2 * tree.nodes);
      this.ends = new Uint32Array(2 * tree.nodes);
    }
    const { starts, ends } = this;
    starts[0] = 0;
    ends[0] = count;
    for (let node = 0; node < tree.nodes; node++) {
      const start = starts[node];
      const end = ends[node];
      if (tree.feature[node] < 0) {
        if (start < end) visit(node, list, start, end);
        continue;
      }
      const middle = start < end ? this.split(tree, node, list, start, end) : start;
      const left = tree.left[node];
      starts[left] = start;
      ends[left] = middle;
      starts[left + 1] = middle;
      ends[left + 1] = end;
    }
  }

  /** Left rows to the front of the stretch, in order; returns where the right ones begin. */
  private split(tree: Tree, node: number, list: Uint32Array, start: number, end: number): number {
    const f = tree.feature[node];
    if (this.bins[f].categorical) return this.splitCategorical(tree, node, list, start, end);
    const { words, wordsPerRow, fields } = this.packed;
    const { aside } = this;
    const word = fields.word[f];
    const shift = fields.shift[f];
    const mask = fields.mask[f];
    const cut = tree.cut[node];
    const missing = this.bins[f].bins;
    const missingLeft = tree.missingLeft[node];
    let left = start;
    let right = 0;
    for (let i = start; i < end; i++) {
      const row = list[i];
      const code = (words[row * wordsPerRow + word] >>> shift) & mask;
      // The missing code is above every cut, so at most one of the two is 1.
      const isLeft = +(code <= cut) | (+(code === missing) & missingLeft);
      list[left] = row;
      aside[right] = row;
      left += isLeft;
      right += 1 - isLeft;
    }
    for (let i = 0; i < right; i++) list[left + i] = aside[i];
    return left;
  }

  private splitCategorical(
    { feature, cut, missingLeft, sets }: Tree,
    node: number,
    list: Uint32Array,
    start: number,
    end: number,
  ): number {
    const { words, wordsPerRow, fields } = this.packed;
    const { aside } = this;
    const f = feature[node];
    const word = fields.word[f];
    const shift = fields.shift[f];
    const mask = fields.mask[f];
    const at = cut[node];
    const missing = this.bins[f].bins;
    let left = start;
    let right = 0;
    for (let i = start; i < end; i++) {
      const row = list[i];
      const code = (words[row * wordsPerRow + word] >>> shift) & mask;
      const isLeft = code === missing ? missingLeft[node] : +inSet(sets, at, code);
      list[left] = row;
      aside[right] = row;
      left += isLeft;
      right += 1 - isLeft;
    }
    for (let i = 0; i < right; i++) list[left + i] = aside[i];
    return left;
  }
}
