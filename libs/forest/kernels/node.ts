/*
 * Nodes that may still split, and the best split that was found for each. A node's block:
 *
 *   | OpenNode | first code × features | last code × features | bit set of the split |
 *
 * Blocks and histograms of closed nodes are used again; what is free hangs in a list.
 */
import { SLOT, width } from './fit';
import { take } from './memory';

@unmanaged
export class Split {
  /** The best split seen so far; −1 while there is none. */
  feature: i32;
  /** Numeric: codes up to it go left. While a line is searched: the last entry that goes left. */
  cut: u32;
  gain: f64;
  leftRows: f64;
  leftWeight: f64;
  leftSum: f64;
  missingLeft: bool;
  /** Categorical: where the bits of the codes that go left are. */
  set: usize;
}

@unmanaged
export class OpenNode {
  rows: f64;
  weight: f64;
  sum: f64;
  /** Monotone bounds of its leaves. */
  low: f64;
  high: f64;
  id: u32;
  depth: u32;
  /** Rows `start` … `end` − 1 of the buffer of its depth. */
  start: u32;
  end: u32;
  /** Counts of every live feature; 0 where features are counted only when drawn. */
  histogram: usize;
  /** The next node of the list that it is in. */
  next: OpenNode | null;
  split: Split;

  firstCode(f: u32): u32 {
    return load<u16>(rangesOf(this) + 2 * f);
  }

  lastCode(f: u32): u32 {
    return load<u16>(rangesOf(this) + 2 * (width + f));
  }

  setFirst(f: u32, code: u32): void {
    store<u16>(rangesOf(this) + 2 * f, <u16>code);
  }

  setLast(f: u32, code: u32): void {
    store<u16>(rangesOf(this) + 2 * (width + f), <u16>code);
  }

  /** Bounds and ranges as `parent` has them. */
  inherit(parent: OpenNode): void {
    this.low = parent.low;
    this.high = parent.high;
    memory.copy(rangesOf(this), rangesOf(parent), 4 * width);
  }
}

let setBytes: u32 = 0;
let histogramBytes: u32 = 0;
let idleNodes: OpenNode | null = null;
let idleHistograms: usize = 0;

/**
 * @param setBytes_ bytes of the largest set of categories
 * @param bins of all features, missing bins included
 */
export function bindNodes(setBytes_: u32, bins: u32): void {
  setBytes = setBytes_;
  histogramBytes = bins * SLOT;
}

function rangesOf(node: OpenNode): usize {
  return changetype<usize>(node) + offsetof<OpenNode>();
}

export function takeNode(): OpenNode {
  const idle = idleNodes;
  if (idle !== null) {
    idleNodes = idle.next;
    return idle;
  }
  const ranges = (width * 4 + 7) & ~7;
  const size = offsetof<OpenNode>() + ranges + offsetof<Split>() + setBytes;
  const node = changetype<OpenNode>(take(1, <u32>size));
  node.histogram = 0;
  node.split = changetype<Split>(rangesOf(node) + ranges);
  node.split.set = changetype<usize>(node.split) + offsetof<Split>();
  return node;
}

export function takeHistogram(): usize {
  const idle = idleHistograms;
  if (idle == 0) return take(1, histogramBytes);
  idleHistograms = load<usize>(idle);
  return idle;
}

/** Gives a histogram back; 0 is none. */
export function giveBack(histogram: usize): void {
  if (histogram == 0) return;
  store<usize>(histogram, idleHistograms);
  idleHistograms = histogram;
}

/** Ends a node that stays a leaf; other nodes use its memory. */
export function closeNode(node: OpenNode): void {
  giveBack(node.histogram);
  node.histogram = 0;
  node.next = idleNodes;
  idleNodes = node;
}
