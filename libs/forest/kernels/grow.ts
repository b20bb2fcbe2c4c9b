/*
 * One tree, grown over a node's own rows (rows.ts) and histograms (histogram.ts).
 *
 * Nodes wait on a stack, the larger child below the smaller: every waiting node is at most half
 * its neighbour below, so no more than log₂(rows) histograms are alive.
 */
import {
  Feature,
  featureAt,
  keepsHistograms,
  maxDepth,
  maxFeatures,
  maxLeaves,
  minLeafRows,
  minLeafWeight,
  shrinkage,
  stride,
  treeFeatures,
  width,
} from './fit';
import { clearBins, countRows, subtractBins } from './histogram';
import { take } from './memory';
import { OpenNode, closeNode, giveBack, takeHistogram, takeNode } from './node';
import { below } from './random';
import { goesLeft, moveRows, rootCount, rootRows, rootSum, rootWeight, sideOf } from './rows';
import { TINY, beginSplit, boundedMean, searchBins, searchRows } from './split';
import { addSet, beginTree, describeNode, nodes, splitNode } from './tree';

/** All features; the first ones are those that a split has drawn. */
let order: usize = 0;
/** Features that can still split the node at hand. */
let live: usize = 0;
let scratch: usize = 0;
/** Count features only when drawn: faster if few are drawn, and all that best-first growth needs. */
let countWhenDrawn: bool = false;
let treeWeight: f64 = 0;
/** Features that the tree may use: the first ones of the order. */
let inTree: u32 = 0;
/** Best first only: nodes whose split waits. */
let waiting: usize = 0;

/** @param mostLeaves leaves of the largest tree */
export function bindGrower(mostLeaves: u32): void {
  order = take(width, 4);
  live = take(width, 4);
  scratch = takeHistogram();
  countWhenDrawn = (maxLeaves > 0 && !keepsHistograms) || maxFeatures * 2 <= width;
  if (maxLeaves > 0) waiting = take(mostLeaves + 1, 4);
}

/** Grows the tree of the rows that were gathered. */
export function grow(): u32 {
  for (let f: u32 = 0; f < width; f++) store<u32>(order + 4 * f, f);
  inTree = width;
  if (treeFeatures > 0) {
    for (let i: u32 = 0; i < treeFeatures; i++) draw(i);
    inTree = treeFeatures;
  }
  beginTree();
  const root = openRoot();
  if (!maySplit(root)) closeNode(root);
  else if (maxLeaves > 0) growBestFirst(root);
  else growDepthFirst(root);
  return nodes;
}

function openRoot(): OpenNode {
  const root = takeNode();
  root.id = root.depth = root.start = 0;
  root.end = rootCount;
  root.rows = rootRows;
  root.weight = rootWeight;
  root.sum = rootSum;
  root.low = -Infinity;
  root.high = Infinity;
  for (let f: u32 = 0; f < width; f++) {
    root.setFirst(f, 0);
    root.setLast(f, featureAt(f).bins - 1);
  }
  treeWeight = root.weight;
  const weight = root.weight + shrinkage;
  describeNode(0, root.rows > 0 && weight > 0 ? root.sum / weight : 0, root.weight);
  return root;
}

function growDepthFirst(root: OpenNode): void {
  if (!countWhenDrawn) countNode(root);
  root.next = null;
  let open: OpenNode | null = root;
  while (open !== null) {
    const node: OpenNode = open;
    open = node.next;
    const histogram = node.histogram;
    if (!findSplit(node)) {
      closeNode(node);
      continue;
    }
    const left = divide(node);
    const small = left.rows <= node.rows ? left : node;
    const large = small === left ? node : left;
    if (histogram != 0) handDown(histogram, small, large);
    if (maySplit(large)) {
      large.next = open;
      open = large;
    } else closeNode(large);
    if (maySplit(small)) {
      small.next = open;
      open = small;
    } else closeNode(small);
  }
}

function growBestFirst(root: OpenNode): void {
  if (!countWhenDrawn && !isTiny(root)) countNode(root);
  let count = consider(root, 0);
  for (let leaves: u32 = 1; leaves < maxLeaves && count > 0; leaves++) {
    let best: u32 = 0;
    for (let i: u32 = 1; i < count; i++) {
      if (waitingAt(i).split.gain > waitingAt(best).split.gain) best = i;
    }
    const node = waitingAt(best);
    count--;
    store<usize>(waiting + 4 * best, load<usize>(waiting + 4 * count));
    const histogram = node.histogram;
    const left = divide(node);
    if (leaves + 1 == maxLeaves) {
      // Nothing splits any more: nobody asks what could.
      giveBack(histogram);
      closeNode(left);
      closeNode(node);
      continue;
    }
    if (histogram != 0) {
      const isSmall = left.rows <= node.rows;
      handDown(histogram, isSmall ? left : node, isSmall ? node : left);
    }
    count = consider(left, count);
    count = consider(node, count);
  }
  for (let i: u32 = 0; i < count; i++) closeNode(waitingAt(i));
}

function waitingAt(i: u32): OpenNode {
  return load<OpenNode>(waiting + 4 * i);
}

/** Lets a node wait if it splits; returns how many wait. */
function consider(node: OpenNode, count: u32): u32 {
  if (maySplit(node) && findSplit(node)) {
    store<OpenNode>(waiting + 4 * count, node);
    return count + 1;
  }
  closeNode(node);
  return count;
}

function maySplit(node: OpenNode): bool {
  return (
    node.depth < maxDepth &&
    node.rows >= 2 * minLeafRows &&
    node.rows > 1 &&
    node.weight >= 2 * minLeafWeight
  );
}

function isTiny(node: OpenNode): bool {
  return node.end - node.start <= TINY;
}

/** Draws `maxFeatures`, and then, as scikit-learn does, more until one of them splits. */
function findSplit(node: OpenNode): bool {
  beginSplit(node, treeWeight);
  if (maxFeatures < width) for (let i: u32 = 0; i < maxFeatures; i++) draw(i);
  searchFeatures(node, 0, min(maxFeatures, inTree));
  for (let i = maxFeatures; i < inTree && node.split.feature < 0; i++) {
    draw(i);
    searchFeatures(node, i, i + 1);
  }
  return node.split.feature >= 0;
}

/** Puts a feature that is not drawn yet at place `i` of the order. */
function draw(i: u32): void {
  const there = order + 4 * i;
  const drawn = order + 4 * (i + below(width - i));
  const f = load<u32>(drawn);
  store<u32>(drawn, load<u32>(there));
  store<u32>(there, f);
}

function searchFeatures(node: OpenNode, from: u32, to: u32): void {
  const found = listLive(node, from, to);
  if (isTiny(node)) {
    const rows = sideOf(node.depth) + node.start * stride;
    for (let i: u32 = 0; i < found; i++) {
      searchRows(node, load<u32>(live + 4 * i), rows, node.end - node.start);
    }
    return;
  }
  let histogram = node.histogram;
  if (histogram == 0) {
    histogram = scratch;
    countInto(histogram, node, found);
  }
  for (let i: u32 = 0; i < found; i++) searchBins(node, load<u32>(live + 4 * i), histogram);
}

/** Lists in `live` the features at places `from` … `to` − 1 that can still split the node. */
function listLive(node: OpenNode, from: u32, to: u32): u32 {
  let found: u32 = 0;
  for (let i = from; i < to; i++) {
    const f = load<u32>(order + 4 * i);
    store<u32>(live + 4 * found, f);
    found += u32(isLive(node, f, featureAt(f)));
  }
  return found;
}

/** Can feature `f` still tell the node's rows apart? */
function isLive(node: OpenNode, f: u32, feature: Feature): bool {
  return node.firstCode(f) < node.lastCode(f) || <bool>feature.anyMissing;
}

/** Carries the node's split out: links the children, moves the rows. `node` becomes the right child. */
function divide(node: OpenNode): OpenNode {
  const split = node.split;
  const f: u32 = split.feature;
  const feature = featureAt(f);
  let cut = split.cut;
  if (feature.categorical) cut = addSet(split.set, (feature.bins + 31) >>> 5);
  const left = takeNode();
  const right = node;
  left.inherit(node);
  left.id = splitNode(node.id, f, cut, split.missingLeft, split.gain);
  left.start = node.start;
  left.end = node.end;
  left.rows = split.leftRows;
  left.weight = split.leftWeight;
  left.sum = split.leftSum;
  right.id = left.id + 1;
  right.rows -= split.leftRows;
  right.weight -= split.leftWeight;
  right.sum -= split.leftSum;
  right.histogram = 0;
  left.depth = right.depth = node.depth + 1;
  if (!feature.categorical) {
    left.setLast(f, min(left.lastCode(f), cut));
    right.setFirst(f, min(cut + 1, right.lastCode(f)));
  }
  boundMeans(left, right, feature.monotone);
  describeNode(left.id, boundedMean(left, left.weight, left.sum), left.weight);
  describeNode(right.id, boundedMean(right, right.weight, right.sum), right.weight);
  // The rows of leaves are not read again, so they need not be moved.
  if (maySplit(left) || maySplit(right)) separate(left, right, f, feature);
  return left;
}

/** Everything below a monotone split stays on its side of the middle of the two means. */
function boundMeans(left: OpenNode, right: OpenNode, sign: i32): void {
  if (sign == 0) return;
  const lower = sign > 0 ? left : right;
  const upper = sign > 0 ? right : left;
  const lowMean = boundedMean(lower, lower.weight, lower.sum);
  const middle = (lowMean + boundedMean(upper, upper.weight, upper.sum)) / 2;
  lower.high = middle;
  upper.low = middle;
}

/** Moves the parent's rows to where the children look for them. */
function separate(left: OpenNode, right: OpenNode, f: u32, feature: Feature): void {
  const split = right.split;
  const first = left.firstCode(f);
  const last = right.lastCode(f);
  if (feature.categorical) {
    for (let code = first; code <= last; code++) {
      const bits = load<u32>(split.set + ((<usize>(code >>> 5)) << 2));
      store<u8>(goesLeft + code, <u8>((bits >>> (code & 31)) & 1));
    }
  } else {
    const cut = min(split.cut, last);
    if (first <= cut) memory.fill(goesLeft + first, 1, cut + 1 - first);
    if (cut < last) memory.fill(goesLeft + cut + 1, 0, last - cut);
  }
  store<u8>(goesLeft + feature.bins, u8(split.missingLeft));
  const middle = moveRows(left.depth - 1, left.start, left.end, feature.offset, feature.mask);
  left.end = middle;
  right.start = middle;
}

/** Gives the children their histograms: the smaller is counted, the larger is the rest. */
function handDown(parent: usize, small: OpenNode, large: OpenNode): void {
  // The larger child owns it now, even if unused: closing the child gives it back.
  large.histogram = parent;
  if (!maySplit(large) || isTiny(large)) {
    if (maySplit(small) && !isTiny(small)) countNode(small);
    return;
  }
  if (isTiny(small)) {
    const listed = listLive(large, 0, inTree);
    const rows = sideOf(small.depth);
    const from = rows + small.start * stride;
    countRows(parent, live, listed, from, rows + small.end * stride, -1);
    return;
  }
  countNode(small);
  for (let i: u32 = 0; i < inTree; i++) {
    const f = load<u32>(order + 4 * i);
    const feature = featureAt(f);
    if (!isLive(large, f, feature)) continue;
    const first = max(small.firstCode(f), large.firstCode(f));
    const last = min(small.lastCode(f), large.lastCode(f));
    subtractBins(parent, small.histogram, feature, first, last);
  }
}

function countNode(node: OpenNode): void {
  node.histogram = takeHistogram();
  countInto(node.histogram, node, listLive(node, 0, inTree));
}

/** Counts the first `listed` live features of the node's rows. */
function countInto(histogram: usize, node: OpenNode, listed: u32): void {
  for (let i: u32 = 0; i < listed; i++) {
    const f = load<u32>(live + 4 * i);
    clearBins(histogram, featureAt(f), node.firstCode(f), node.lastCode(f));
  }
  const rows = sideOf(node.depth);
  const from = rows + node.start * stride;
  countRows(histogram, live, listed, from, rows + node.end * stride, 1);
}
