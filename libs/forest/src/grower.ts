/*
 * One tree, grown over a node's own rows.
 *
 * Rows are moved, not indexed: what a node needs of its rows (packed codes, weight, weight ·
 * target) lies in one contiguous stretch, so counting a histogram reads memory in order. A split
 * copies the stretch from one buffer to the other, left rows upwards, right rows downwards:
 *
 *   buffer A   [ … | node's rows, start … end | … ]
 *   buffer B   [ … | left →          ← right  | … ]      children read B and write A
 *
 * so nothing outside the stretch is touched and depth alone tells which buffer holds a node.
 *
 * Nodes wait on a stack, the larger child below the smaller: every waiting node is at most half
 * its neighbour below, so no more than log₂(rows) histograms are alive.
 */
import type { FeatureBins, PackedRows } from './binning.js';
import { HistogramLayout, SLOTS, countFeature, subtractFeature } from './histogram.js';
import type { CodeRange } from './histogram.js';
import type { FitParameters } from './parameters.js';
import type { Random } from './random.js';
import { Split, Splitter, boundedMean, type NodeTotals } from './splitting.js';
import { TreeBuilder, inSet, type Tree } from './tree.js';

/** What the grower reads: shared by all trees, never written. */
export interface TrainingSet {
  readonly packed: PackedRows;
  readonly bins: readonly FeatureBins[];
  readonly target: Float64Array;
  /** Absent: every row weighs 1. */
  readonly weight: Float64Array | null;
}

/** In-bag rows in node order. */
export interface NodeRows {
  readonly words: Uint32Array;
  readonly weight: Float64Array;
  /** weight · target */
  readonly sum: Float64Array;
}

/** A node that may still split. Pooled: a tree has thousands, and they hold arrays. */
class OpenNode implements NodeTotals, CodeRange {
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

/** Grows trees one after the other, reusing its memory. One a thread. */
export class TreeGrower {
  private readonly layout: HistogramLayout;
  private readonly splitter: Splitter;
  private readonly builder = new TreeBuilder();
  private buffers: readonly [NodeRows, NodeRows];
  private readonly spare: Float64Array[] = [];
  private readonly idle: OpenNode[] = [];
  private readonly scratch: Float64Array;
  private readonly goesLeft: Uint8Array;
  private readonly order: Int32Array;
  /** Counting only drawn features beats subtraction when few are drawn; best-first keeps none. */
  private readonly countWhenDrawn: boolean;
  private treeWeight = 0;

  constructor(
    private readonly set: TrainingSet,
    private readonly rules: FitParameters,
  ) {
    this.layout = new HistogramLayout(set.bins);
    this.splitter = new Splitter(set.bins, rules);
    this.scratch = this.layout.allocate();
    this.goesLeft = new Uint8Array(Math.max(...set.bins.map((feature) => feature.bins)) + 1);
    this.order = Int32Array.from(set.bins, (_, f) => f);
    this.countWhenDrawn = rules.maxLeaves > 0 || 2 * rules.maxFeatures <= set.bins.length;
    this.buffers = allocateBuffers(0, 1);
  }

  /**
   * @param counts how often each row is in the bag
   * @param distinct how many counts are above 0
   */
  grow(counts: Uint16Array, distinct: number, random: Random): Tree {
    this.builder.reset();
    for (let f = 0; f < this.order.length; f++) this.order[f] = f;
    const root = this.openRoot(counts, distinct);
    if (root !== null) {
      if (this.rules.maxLeaves > 0) this.growBestFirst(root, random);
      else this.growDepthFirst(root, random);
    }
    return this.builder.finish();
  }

  private openRoot(counts: Uint16Array, distinct: number): OpenNode | null {
    const { bins } = this.set;
    if (distinct > this.buffers[0].weight.length) {
      // A little room: the next bag differs by a few rows only.
      const room = Math.min(counts.length, Math.ceil(distinct * 1.02) + 16);
      this.buffers = allocateBuffers(room, this.set.packed.wordsPerRow);
    }
    const root = this.idle.pop() ?? new OpenNode(bins.length);
    this.gather(counts, root);
    root.id = root.depth = root.start = 0;
    root.low = -Infinity;
    root.high = Infinity;
    root.first.fill(0);
    bins.forEach((feature, f) => (root.last[f] = feature.bins - 1));
    this.treeWeight = root.weight;
    this.builder.describe(0, root.rows > 0 ? root.sum / root.weight : 0, root.weight);
    if (!this.maySplit(root)) return null;
    if (!this.countWhenDrawn) root.histogram = this.count(root);
    return root;
  }

  /** Copies the in-bag rows to buffer A, bag count times weight; rows that weigh 0 are left out. */
  private gather(counts: Uint16Array, root: OpenNode): void {
    const { packed, target, weight: rowWeight } = this.set;
    const { wordsPerRow, words: source } = packed;
    const { words, weight, sum } = this.buffers[0];
    let rows = 0;
    let totalWeight = 0;
    let totalSum = 0;
    for (let i = 0; i < counts.length; i++) {
      if (counts[i] === 0) continue;
      const w = rowWeight === null ? counts[i] : counts[i] * rowWeight[i];
      if (!(w > 0)) continue;
      const s = w * target[i];
      for (let k = 0; k < wordsPerRow; k++) {
        words[rows * wordsPerRow + k] = source[i * wordsPerRow + k];
      }
      weight[rows] = w;
      sum[rows] = s;
      totalWeight += w;
      totalSum += s;
      rows++;
    }
    root.rows = root.end = rows;
    root.weight = totalWeight;
    root.sum = totalSum;
  }

  private growDepthFirst(root: OpenNode, random: Random): void {
    const open = [root];
    const split = new Split();
    for (let node = open.pop(); node !== undefined; node = open.pop()) {
      const { histogram } = node;
      if (!this.findSplit(node, split, random)) {
        this.close(node);
        continue;
      }
      const [left, right] = this.divide(node, split);
      const [small, large] = left.rows <= right.rows ? [left, right] : [right, left];
      if (histogram !== null) this.handDown(histogram, small, large);
      for (const child of [large, small]) {
        if (this.maySplit(child)) open.push(child);
        else this.close(child);
      }
    }
  }

  private growBestFirst(root: OpenNode, random: Random): void {
    const open: OpenNode[] = [];
    const consider = (node: OpenNode): void => {
      const split = new Split();
      node.split = split;
      if (this.maySplit(node) && this.findSplit(node, split, random)) open.push(node);
      else this.close(node);
    };
    consider(root);
    for (let leaves = 1; leaves < this.rules.maxLeaves && open.length > 0; leaves++) {
      let best = 0;
      for (let i = 1; i < open.length; i++) {
        if (open[i].split!.gain > open[best].split!.gain) best = i;
      }
      const node = open[best];
      open[best] = open[open.length - 1];
      open.pop();
      for (const child of this.divide(node, node.split!)) consider(child);
    }
  }

  private maySplit({ rows, weight, depth }: OpenNode): boolean {
    const { minLeafRows, minLeafWeight, maxDepth } = this.rules;
    return depth < maxDepth && rows >= 2 * minLeafRows && rows > 1 && weight >= 2 * minLeafWeight;
  }

  /** Draws features until `maxFeatures` are seen and, as scikit-learn does, one of them splits. */
  private findSplit(node: OpenNode, best: Split, random: Random): boolean {
    this.splitter.begin(best, node, this.treeWeight);
    const { order } = this;
    const drawn = this.rules.maxFeatures;
    const shuffle = drawn < order.length;
    let seen = 0;
    for (let i = 0; i < order.length && (seen < drawn || best.feature < 0); i++) {
      if (shuffle) {
        const j = i + random.below(order.length - i);
        const f = order[j];
        order[j] = order[i];
        order[i] = f;
      }
      seen++;
      const f = order[i];
      if (!this.isLive(node, f)) continue;
      const histogram = node.histogram ?? this.scratch;
      if (node.histogram === null) this.countInto(histogram, node, f);
      const base = SLOTS * this.layout.offset[f];
      this.splitter.search(best, node, f, histogram, base, node, random);
    }
    return best.feature >= 0;
  }

  /** Can feature `f` still tell the node's rows apart? */
  private isLive({ first, last }: CodeRange, f: number): boolean {
    return first[f] < last[f] || this.set.packed.anyMissing[f];
  }

  /** Carries a split out: moves the rows, links the children. `node` becomes the right child. */
  private divide(node: OpenNode, split: Split): [left: OpenNode, right: OpenNode] {
    const { feature, cut, missingLeft, leftRows, leftWeight, leftSum } = split;
    const { categorical } = this.set.bins[feature];
    const middle = this.moveRows(node, split);
    const at = categorical ? this.builder.addSet(split.set) : cut;
    const left = this.idle.pop() ?? new OpenNode(this.order.length);
    left.inherit(node);
    left.id = this.builder.split(node.id, feature, at, missingLeft, split.gain);
    left.start = node.start;
    left.end = middle;
    left.rows = leftRows;
    left.weight = leftWeight;
    left.sum = leftSum;
    const right = node;
    right.id = left.id + 1;
    right.start = middle;
    right.rows -= leftRows;
    right.weight -= leftWeight;
    right.sum -= leftSum;
    right.histogram = null;
    left.depth = right.depth = node.depth + 1;
    if (!categorical) {
      left.last[feature] = Math.min(left.last[feature], cut);
      right.first[feature] = Math.min(cut + 1, right.last[feature]);
    }
    this.boundMeans(left, right, this.rules.monotone[feature]);
    this.builder.describe(left.id, boundedMean(left, left.weight, left.sum), left.weight);
    this.builder.describe(right.id, boundedMean(right, right.weight, right.sum), right.weight);
    return [left, right];
  }

  /** Everything below a monotone split stays on its side of the middle of the two means. */
  private boundMeans(left: OpenNode, right: OpenNode, sign: number): void {
    if (sign === 0) return;
    const [lower, upper] = sign > 0 ? [left, right] : [right, left];
    const lowMean = boundedMean(lower, lower.weight, lower.sum);
    const middle = (lowMean + boundedMean(upper, upper.weight, upper.sum)) / 2;
    lower.high = middle;
    upper.low = middle;
  }

  /** Copies the node's rows to the other buffer, left ones up from the start, right ones down. */
  private moveRows(node: OpenNode, split: Split): number {
    this.decideCodes(node, split);
    const { depth, start, end } = node;
    const { goesLeft } = this;
    const { wordsPerRow, fields } = this.set.packed;
    const { word, shift, mask } = fields[split.feature];
    const from = this.buffers[depth & 1];
    const to = this.buffers[1 - (depth & 1)];
    let left = start;
    let right = end - 1;
    for (let i = start; i < end; i++) {
      const isLeft = goesLeft[(from.words[i * wordsPerRow + word] >>> shift) & mask];
      // Arithmetic, not a branch: which side a row takes is what the processor cannot guess.
      const at = right + (left - right) * isLeft;
      for (let k = 0; k < wordsPerRow; k++) {
        to.words[at * wordsPerRow + k] = from.words[i * wordsPerRow + k];
      }
      to.weight[at] = from.weight[i];
      to.sum[at] = from.sum[i];
      left += isLeft;
      right -= 1 - isLeft;
    }
    return left;
  }

  /** Fills `goesLeft` for every code that the node can hold. */
  private decideCodes({ first, last }: CodeRange, { feature, cut, missingLeft, set }: Split): void {
    const { categorical, bins } = this.set.bins[feature];
    const { goesLeft } = this;
    for (let code = first[feature]; code <= last[feature]; code++) {
      goesLeft[code] = +(categorical ? inSet(set, 0, code) : code <= cut);
    }
    goesLeft[bins] = +missingLeft;
  }

  /** Gives the children their histograms: the smaller is counted, the larger is the rest. */
  private handDown(parent: Float64Array, small: OpenNode, large: OpenNode): void {
    const wantsLarge = this.maySplit(large);
    if (wantsLarge || this.maySplit(small)) small.histogram = this.count(small);
    large.histogram = parent;
    if (!wantsLarge) return;
    for (let f = 0; f < this.order.length; f++) {
      if (this.isLive(large, f)) {
        subtractFeature(parent, small.histogram!, this.layout, f, small, large);
      }
    }
  }

  private count(node: OpenNode): Float64Array {
    const histogram = this.spare.pop() ?? this.layout.allocate();
    for (let f = 0; f < this.order.length; f++) {
      if (this.isLive(node, f)) this.countInto(histogram, node, f);
    }
    return histogram;
  }

  private countInto(histogram: Float64Array, node: OpenNode, f: number): void {
    const rows = this.buffers[node.depth & 1];
    countFeature(histogram, this.layout, this.set.packed, f, node, rows, node.start, node.end);
  }

  /** A leaf now: what it held serves the next node. */
  private close(node: OpenNode): void {
    if (node.histogram !== null) this.spare.push(node.histogram);
    node.histogram = null;
    this.idle.push(node);
  }
}

function allocateBuffers(rows: number, wordsPerRow: number): [NodeRows, NodeRows] {
  const allocate = (): NodeRows => ({
    words: new Uint32Array(rows * wordsPerRow),
    weight: new Float64Array(rows),
    sum: new Float64Array(rows),
  });
  return [allocate(), allocate()];
}
