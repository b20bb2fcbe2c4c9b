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

interface OpenNode extends NodeTotals, CodeRange {
  id: number;
  depth: number;
  start: number;
  end: number;
  /** Counts of every live feature; null where features are counted only when drawn. */
  histogram: Float64Array | null;
  /** Best first only: the split that waits. */
  split: Split | null;
}

/** Grows trees one after the other, reusing its memory. One a thread. */
export class TreeGrower {
  private readonly layout: HistogramLayout;
  private readonly splitter: Splitter;
  private readonly builder = new TreeBuilder();
  private buffers: readonly [NodeRows, NodeRows];
  private readonly spare: Float64Array[] = [];
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
    const root: OpenNode = {
      ...this.gather(counts),
      id: 0,
      depth: 0,
      start: 0,
      low: -Infinity,
      high: Infinity,
      first: new Uint16Array(bins.length),
      last: Uint16Array.from(bins, (feature) => feature.bins - 1),
      histogram: null,
      split: null,
    };
    this.treeWeight = root.weight;
    this.builder.describe(0, root.rows > 0 ? root.sum / root.weight : 0, root.weight);
    if (!this.maySplit(root)) return null;
    if (!this.countWhenDrawn) root.histogram = this.count(root);
    return root;
  }

  /** Copies the in-bag rows to buffer A, bag count times weight; rows that weigh 0 are left out. */
  private gather(counts: Uint16Array): { rows: number; end: number; weight: number; sum: number } {
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
    return { rows, end: rows, weight: totalWeight, sum: totalSum };
  }

  private growDepthFirst(root: OpenNode, random: Random): void {
    const open = [root];
    const split = new Split();
    for (let node = open.pop(); node !== undefined; node = open.pop()) {
      if (!this.findSplit(node, split, random)) {
        this.release(node.histogram);
        continue;
      }
      const [left, right] = this.divide(node, split);
      const [small, large] = left.rows <= right.rows ? [left, right] : [right, left];
      if (!this.countWhenDrawn) this.handDown(node, small, large);
      if (this.maySplit(large)) open.push(large);
      if (this.maySplit(small)) open.push(small);
    }
  }

  private growBestFirst(root: OpenNode, random: Random): void {
    const open: OpenNode[] = [];
    const consider = (node: OpenNode): void => {
      const split = new Split();
      if (!this.maySplit(node) || !this.findSplit(node, split, random)) return;
      node.split = split;
      open.push(node);
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

  /** Carries a split out: moves the rows, links the children. */
  private divide(node: OpenNode, split: Split): [OpenNode, OpenNode] {
    const { feature, cut, missingLeft } = split;
    const { categorical } = this.set.bins[feature];
    const middle = this.moveRows(node, split);
    const at = categorical ? this.builder.addSet(split.set) : cut;
    const id = this.builder.split(node.id, feature, at, missingLeft, split.gain);
    const left: OpenNode = {
      ...node,
      id,
      depth: node.depth + 1,
      end: middle,
      rows: split.leftRows,
      weight: split.leftWeight,
      sum: split.leftSum,
      first: node.first.slice(),
      last: node.last.slice(),
      histogram: null,
      split: null,
    };
    const right: OpenNode = {
      ...left,
      id: id + 1,
      start: middle,
      end: node.end,
      rows: node.rows - split.leftRows,
      weight: node.weight - split.leftWeight,
      sum: node.sum - split.leftSum,
      first: node.first.slice(),
      last: node.last.slice(),
    };
    if (!categorical) {
      left.last[feature] = Math.min(left.last[feature], cut);
      right.first[feature] = Math.min(cut + 1, right.last[feature]);
    }
    this.boundMeans(left, right, this.rules.monotone[feature]);
    for (const child of [left, right]) {
      this.builder.describe(child.id, boundedMean(child, child.weight, child.sum), child.weight);
    }
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
  private moveRows({ depth, start, end }: OpenNode, split: Split): number {
    this.decideCodes(split);
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

  /** Fills `goesLeft` for every code of the split's feature. */
  private decideCodes({ feature, cut, missingLeft, set }: Split): void {
    const { categorical, bins } = this.set.bins[feature];
    const { goesLeft } = this;
    if (categorical) {
      for (let code = 0; code < bins; code++) goesLeft[code] = +inSet(set, 0, code);
    } else {
      goesLeft.fill(1, 0, cut + 1);
      goesLeft.fill(0, cut + 1, bins);
    }
    goesLeft[bins] = +missingLeft;
  }

  /** Gives the children their histograms: the smaller is counted, the larger is the rest. */
  private handDown(node: OpenNode, small: OpenNode, large: OpenNode): void {
    const parent = node.histogram!;
    const wantsLarge = this.maySplit(large);
    if (wantsLarge || this.maySplit(small)) small.histogram = this.count(small);
    if (wantsLarge) {
      for (let f = 0; f < this.order.length; f++) {
        if (!this.isLive(large, f)) continue;
        subtractFeature(parent, small.histogram!, this.layout, f, small, large);
      }
      large.histogram = parent;
    } else this.release(parent);
    if (!this.maySplit(small)) {
      this.release(small.histogram);
      small.histogram = null;
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

  private release(histogram: Float64Array | null): void {
    if (histogram !== null) this.spare.push(histogram);
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
