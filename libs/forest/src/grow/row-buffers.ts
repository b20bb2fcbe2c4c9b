import type { Bag } from './bagging.js';
import type { TrainingSet } from '../data/grouping.js';
import type { CodeRange } from './histogram.js';
import { allocateRows, type NodeRows } from './partition.js';
import type { NodeTotals, Split } from './splitting.js';

/** The two buffers that a tree's rows move between (partition.ts), and how a bag gets there. */
export class RowBuffers {
  private sides: readonly [NodeRows, NodeRows] = [allocateRows(0, 1), allocateRows(0, 1)];
  /** The largest row count that fits into a packed row; larger counts are stored as this one. */
  private readonly mostRows: number;

  constructor(private readonly set: TrainingSet) {
    this.mostRows = set.packed.fields.mask[set.bins.length];
  }

  /** The buffer that holds the nodes of a depth. */
  at(depth: number): NodeRows {
    return this.sides[depth & 1];
  }

  /** Buffers for a bag of `distinct` rows. */
  makeRoom(distinct: number): void {
    const { packed } = this.set;
    // Some places more, since the next bag may hold a few rows more.
    const places = Math.min(Math.ceil(distinct * 1.02) + 16, packed.rows);
    if (places <= this.sides[0].weight.length) return;
    const { wordsPerRow } = packed;
    this.sides = [allocateRows(places, wordsPerRow), allocateRows(places, wordsPerRow)];
  }

  /**
   * Sums the in-bag rows of each group into buffer A, one packed row for each group. Rows that weigh
   * 0 are left out. Row counts matter for `minLeafRows` alone, which is at most `mostRows`.
   */
  gather({ drawn, missed }: Bag, root: OpenNode): void {
    const { packed, starts, target, weight, count } = this.set;
    root.rows = root.weight = root.sum = root.end = 0;
    for (let group = 0, position = 0; group < packed.rows; group++) {
      const end = starts[group + 1];
      let rows = 0;
      let w = 0;
      let s = 0;
      for (; position < end; position++) {
        if (drawn[position] === 0) continue;
        const inBag = weight === null ? drawn[position] : drawn[position] * weight[position];
        if (!(inBag > 0)) continue;
        rows += missed === null ? 1 : count![position] - missed[position];
        w += inBag;
        s += inBag * target[position];
      }
      if (rows > 0) this.put(root, group, Math.min(rows, this.mostRows), w, s);
    }
  }

  /** Appends `rows` equal rows to the root. */
  private put(root: OpenNode, group: number, rows: number, w: number, s: number): void {
    const { words: source, wordsPerRow, fields } = this.set.packed;
    const { words, weight, sum } = this.sides[0];
    const counter = fields.word.length - 1;
    const at = root.end++;
    for (let k = 0; k < wordsPerRow; k++) {
      words[at * wordsPerRow + k] = source[group * wordsPerRow + k];
    }
    words[at * wordsPerRow + fields.word[counter]] |= rows << fields.shift[counter];
    weight[at] = w;
    sum[at] = s;
    root.rows += rows;
    root.weight += w;
    root.sum += s;
  }
}

/** A node that may still split. Pooled: a tree has thousands, and they hold arrays. */
export class OpenNode implements NodeTotals, CodeRange {
  id = 0;
  depth = 0;
  start = 0;
  end = 0;
  rows = 0;
  weight = 0;
  sum = 0;
  low = -Infinity;
  high = Infinity;
  readonly first: Uint16Array;
  readonly last: Uint16Array;
  /** Counts of every live feature; null where features are counted only when drawn. */
  histogram: Float64Array | null = null;
  /** Best first only: the split that waits. */
  split: Split | null = null;

  constructor(features: number) {
    this.first = new Uint16Array(features);
    this.last = new Uint16Array(features);
  }

  /** Bounds and ranges as `parent` has them. */
  inherit({ low, high, first, last }: OpenNode): void {
    this.low = low;
    this.high = high;
    for (let f = 0; f < first.length; f++) {
      this.first[f] = first[f];
      this.last[f] = last[f];
    }
  }
}
