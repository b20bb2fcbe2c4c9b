/*
 * Rows like those of training, drawn without the training rows. The leaves of a fully grown tree
 * hold about equally many rows, and so do the quantile bins of a feature. So a random leaf, and for
 * every feature a random bin of those that lead to it, give about a random training row. Leaves of
 * boosted trees hold what they hold, so there they are drawn by their weight.
 */
import type { FeatureBins } from '../data/binning.js';
import { Random, streams } from '../random.js';
import { codeGoesLeft, type Tree } from '../trees/tree.js';

/** By feature and code: 1 if rows with that code can reach the node. */
type Box = Uint8Array[];

/**
 * @param alike do leaves hold about equally many rows?
 * @returns row after row, `count * features` numbers in schema order
 */
export function sampleFromLeaves(
  bins: readonly FeatureBins[],
  trees: readonly Tree[],
  alike: boolean,
  seed: number,
  count: number,
): Float64Array {
  const random = new Random(seed, streams.leafSample);
  const width = bins.length;
  const rows = new Float64Array(count * width);
  for (let i = 0; i < count; i++) {
    const tree = trees[alike ? i % trees.length : random.below(trees.length)];
    const leaf = alike ? drawLeaf(tree, random) : drawByWeight(tree, random);
    const box = boxOf(bins, tree, leaf);
    for (let f = 0; f < width; f++) {
      const codes = [...box[f].keys()].filter((code) => box[f][code] === 1);
      rows[i * width + f] = numberOf(bins[f], codes[random.below(codes.length)]);
    }
  }
  return rows;
}

function drawLeaf(tree: Tree, random: Random): number {
  for (;;) {
    const node = random.below(tree.nodes);
    if (tree.feature[node] < 0) return node;
  }
}

/** From the root down, to a child as often as its share of the weight says. */
function drawByWeight(tree: Tree, random: Random): number {
  let node = 0;
  while (tree.feature[node] >= 0) {
    const left = tree.left[node];
    const share = tree.cover[left] / (tree.cover[left] + tree.cover[left + 1]);
    node = left + +(random.unit() >= share);
  }
  return node;
}

/** The codes, missing left out, that lead to a leaf. Goes from the leaf up to the root. */
function boxOf(bins: readonly FeatureBins[], tree: Tree, leaf: number): Box {
  const box = bins.map((feature) => new Uint8Array(feature.bins).fill(1));
  let child = leaf;
  for (let node = leaf - 1; node >= 0; node--) {
    const f = tree.feature[node];
    const left = tree.left[node];
    if (f < 0 || (child !== left && child !== left + 1)) continue;
    for (let code = 0; code < box[f].length; code++) {
      if (codeGoesLeft(tree, node, bins[f], code) !== (child === left)) box[f][code] = 0;
    }
    child = node;
  }
  return box;
}

/** A number in the bin: the first cut, the middle of two cuts, or one bin's width beyond the last. */
function numberOf({ categorical, cuts }: FeatureBins, code: number | undefined): number {
  if (code === undefined) return NaN;
  if (categorical) return code;
  const last = cuts.length - 1;
  if (code <= last) return code === 0 ? cuts[0] : (cuts[code - 1] + cuts[code]) / 2;
  if (last < 0) return 0;
  return cuts[last] + (last > 0 ? cuts[last] - cuts[last - 1] : Math.abs(cuts[last]) + 1);
}
