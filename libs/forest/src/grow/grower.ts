/*
 * One tree, grown over a node's own rows (partition.ts) and histograms (histogram.ts).
 *
 * Nodes wait on a stack, the larger child below the smaller: every waiting node is at most half
 * its neighbour below, so no more than log₂(rows) histograms are alive.
 */
import type { Bag } from './bagging.js';
import type { TrainingSet } from '../data/grouping.js';
import {
  HistogramLayout,
  countFeatures,
  removeRows,
  subtractFeature,
  type CodeRange,
} from './histogram.js';
import type { FitParameters } from '../data/parameters.js';
import { moveRows, type RowTest } from './partition.js';
import type { Random } from '../random.js';
import { OpenNode, RowBuffers } from './row-buffers.js';
import { Split, Splitter, boundedMean } from './splitting.js';
import { TreeBuilder, inSet, type Tree } from '../trees/tree.js';

/** Up to so many packed rows are quicker sorted than counted into bins. */
const TINY = 24;

function isTiny({ start, end }: OpenNode): boolean {
  return end - start <= TINY;
}

/** Grows one tree after the other in the same memory. Each thread has one. */
export class TreeGrower {
  private readonly layout: HistogramLayout;
  private readonly splitter: Splitter;
  private readonly builder = new TreeBuilder();
  private readonly rows: RowBuffers;
  private readonly spare: Float64Array[] = [];
  private readonly idle: OpenNode[] = [];
  private readonly scratch: Float64Array;
  private readonly goesLeft: Uint8Array;
  /** All features; the first ones are those a split has drawn. */
  private readonly order: Int32Array;
  private readonly live: Int32Array;
  /** Count features only when drawn: faster if few are drawn, and all that best-first growth needs. */
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
    this.live = new Int32Array(set.bins.length);
    this.countWhenDrawn = rules.maxLeaves > 0 || 2 * rules.maxFeatures <= set.bins.length;
    this.rows = new RowBuffers(set);
  }

  /**
   * @param distinct how many rows are in the bag
   */
  grow(bag: Bag, distinct: number, random: Random): Tree {
    this.builder.reset();
    for (let f = 0; f < this.order.length; f++) this.order[f] = f;
    const root = this.openRoot(bag, distinct);
    if (root !== null) {
      if (this.rules.maxLeaves > 0) this.growBestFirst(root, random);
      else this.growDepthFirst(root, random);
    }
    return this.builder.finish();
  }

  private openRoot(bag: Bag, distinct: number): OpenNode | null {
    const { bins } = this.set;
    this.rows.makeRoom(distinct);
    const root = this.idle.pop() ?? new OpenNode(bins.length);
    this.rows.gather(bag, root);
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

  /** Draws `maxFeatures`, and then, as scikit-learn does, more until one of them splits. */
  private findSplit(node: OpenNode, best: Split, random: Random): boolean {
    this.splitter.begin(best, node, this.treeWeight);
    const { length } = this.order;
    const drawn = this.rules.maxFeatures;
    if (drawn < length) for (let i = 0; i < drawn; i++) this.draw(i, random);
    this.searchFeatures(node, best, 0, drawn, random);
    for (let i = drawn; i < length && best.feature < 0; i++) {
      this.draw(i, random);
      this.searchFeatures(node, best, i, i + 1, random);
    }
    return best.feature >= 0;
  }

  /** Puts a feature that is not drawn yet at place `i` of the order. */
  private draw(i: number, random: Random): void {
    const { order } = this;
    const j = i + random.below(order.length - i);
    const f = order[j];
    order[j] = order[i];
    order[i] = f;
  }

  private searchFeatures(
    node: OpenNode,
    best: Split,
    from: number,
    to: number,
    random: Random,
  ): void {
    const { live, layout, splitter } = this;
    const found = this.listLive(node, from, to);
    if (isTiny(node)) {
      const rows = this.rows.at(node.depth);
      const { fields } = this.set.packed;
      for (let i = 0; i < found; i++) {
        splitter.searchRows(best, node, live[i], fields, rows, node.start, node.end, random);
      }
      return;
    }
    const histogram = node.histogram ?? this.scratch;
    if (node.histogram === null) this.countInto(histogram, node, found);
    for (let i = 0; i < found; i++) {
      splitter.search(best, node, live[i], histogram, layout.base[live[i]], node, random);
    }
  }

  /** Lists in `live` the features at places `from` … `to` − 1 that can still split the node. */
  private listLive(node: CodeRange, from: number, to: number): number {
    let found = 0;
    for (let i = from; i < to; i++) {
      if (this.isLive(node, this.order[i])) this.live[found++] = this.order[i];
    }
    return found;
  }

  /** Can feature `f` still tell the node's rows apart? */
  private isLive({ first, last }: CodeRange, f: number): boolean {
    return first[f] < last[f] || this.set.packed.anyMissing[f];
  }

  /** Carries a split out: links the children, moves the rows. `node` becomes the right child. */
  private divide(node: OpenNode, split: Split): [left: OpenNode, right: OpenNode] {
    const { feature, cut, missingLeft, leftRows, leftWeight, leftSum } = split;
    const { categorical } = this.set.bins[feature];
    const at = categorical ? this.builder.addSet(split.set) : cut;
    const left = this.idle.pop() ?? new OpenNode(this.order.length);
    left.inherit(node);
    left.id = this.builder.split(node.id, feature, at, missingLeft, split.gain);
    left.start = node.start;
    left.end = node.end;
    left.rows = leftRows;
    left.weight = leftWeight;
    left.sum = leftSum;
    const right = node;
    right.id = left.id + 1;
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
    // The rows of leaves are not read again, so they need not be moved.
    if (this.maySplit(left) || this.maySplit(right)) this.separate(left, right, split);
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

  /** Moves the parent's rows to where the children look for them. */
  private separate(left: OpenNode, right: OpenNode, split: Split): void {
    this.decideCodes(left.first[split.feature], right.last[split.feature], split);
    const { fields } = this.set.packed;
    const { feature: f } = split;
    const test: RowTest = {
      word: fields.word[f],
      shift: fields.shift[f],
      mask: fields.mask[f],
      goesLeft: this.goesLeft,
    };
    const { rows } = this;
    const from = rows.at(left.depth - 1);
    const middle = moveRows(from, rows.at(left.depth), test, left.start, left.end);
    left.end = middle;
    right.start = middle;
  }

  /** Fills `goesLeft` for every code that the node could hold. */
  private decideCodes(first: number, last: number, split: Split): void {
    const { feature, cut, missingLeft, set } = split;
    const { categorical, bins } = this.set.bins[feature];
    const { goesLeft } = this;
    for (let code = first; code <= last; code++) {
      goesLeft[code] = +(categorical ? inSet(set, 0, code) : code <= cut);
    }
    goesLeft[bins] = +missingLeft;
  }

  /** Gives the children their histograms: the smaller is counted, the larger is the rest. */
  private handDown(parent: Float64Array, small: OpenNode, large: OpenNode): void {
    // The larger child owns it now, even if unused: closing the child gives it back.
    large.histogram = parent;
    if (!this.maySplit(large) || isTiny(large)) {
      if (this.maySplit(small) && !isTiny(small)) small.histogram = this.count(small);
      return;
    }
    const { layout, live } = this;
    const { fields } = this.set.packed;
    if (isTiny(small)) {
      const listed = this.listLive(large, 0, this.order.length);
      const rows = this.rows.at(small.depth);
      removeRows(parent, layout, fields, live, listed, rows, small.start, small.end);
      return;
    }
    small.histogram = this.count(small);
    for (let f = 0; f < this.order.length; f++) {
      if (this.isLive(large, f)) subtractFeature(parent, small.histogram, layout, f, small, large);
    }
  }

  private count(node: OpenNode): Float64Array {
    const histogram = this.spare.pop() ?? this.layout.allocate();
    this.countInto(histogram, node, this.listLive(node, 0, this.order.length));
    return histogram;
  }

  /** Counts the first `listed` live features of the node's rows. */
  private countInto(histogram: Float64Array, node: OpenNode, listed: number): void {
    const { layout, live } = this;
    const rows = this.rows.at(node.depth);
    const { fields } = this.set.packed;
    countFeatures(histogram, layout, fields, live, listed, node, rows, node.start, node.end);
  }

  /** Ends a node that stays a leaf; other nodes reuse its memory. */
  private close(node: OpenNode): void {
    if (node.histogram !== null) this.spare.push(node.histogram);
    node.histogram = null;
    this.idle.push(node);
  }
}
