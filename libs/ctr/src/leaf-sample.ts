/*
 * Rows like those of training, for a model that keeps none. A fully grown tree's leaves hold about
 * as many rows each, and a quantile bin holds as many as the next; so a leaf drawn at random, and
 * in its box a bin at random for every feature, is about a training row drawn at random.
 */
import { Random, type Forest } from '@adscale/forest';

type Tree = Forest['trees'][number];

/** Any stream that no tree uses. */
const SAMPLE_STREAM = 2 ** 30 + 1;

/** By feature: the codes that a node's rows have. */
type Box = Uint8Array[];

/** @returns row after row, `count * features` numbers in schema order */
export function sampleFromLeaves(forest: Forest, count: number): Float64Array {
  const random = new Random(forest.parameters.seed, SAMPLE_STREAM);
  const width = forest.bins.length;
  const rows = new Float64Array(count * width);
  for (let i = 0; i < count; i++) {
    const tree = forest.trees[i % forest.trees.length];
    const box = boxOf(forest, tree, drawLeaf(tree, random));
    for (let f = 0; f < width; f++) {
      const codes = [...box[f].keys()].filter((code) => box[f][code] === 1);
      rows[i * width + f] = numberOf(forest.bins[f], codes[random.below(codes.length)]);
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

/** The codes, missing left out, that lead to a leaf: from the leaf up to the root. */
function boxOf({ bins }: Forest, tree: Tree, leaf: number): Box {
  const box = bins.map((feature) => new Uint8Array(feature.bins).fill(1));
  let child = leaf;
  for (let node = leaf - 1; node >= 0; node--) {
    if (tree.feature[node] < 0) continue;
    const left = tree.left[node];
    if (child !== left && child !== left + 1) continue;
    narrow(box[tree.feature[node]], bins[tree.feature[node]].categorical, tree, node, child > left);
    child = node;
  }
  return box;
}

function narrow(codes: Uint8Array, categorical: boolean, tree: Tree, node: number, right: boolean) {
  const cut = tree.cut[node];
  for (let code = 0; code < codes.length; code++) {
    const goesLeft = categorical
      ? ((tree.sets[cut + (code >>> 5)] >>> (code & 31)) & 1) === 1
      : code <= cut;
    if (goesLeft === right) codes[code] = 0;
  }
}

/** A number of the bin: its upper cut, or beyond the last one as far as the bin before is wide. */
function numberOf({ categorical, cuts }: Forest['bins'][number], code: number | undefined): number {
  if (code === undefined) return NaN;
  if (categorical) return code;
  const last = cuts.length - 1;
  if (code <= last) return code === 0 ? cuts[0] : (cuts[code - 1] + cuts[code]) / 2;
  if (last < 0) return 0;
  return cuts[last] + (last > 0 ? cuts[last] - cuts[last - 1] : Math.abs(cuts[last]) + 1);
}
