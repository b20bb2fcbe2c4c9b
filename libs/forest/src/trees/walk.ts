/*
 * The plain walk defines what a forest predicts, as simply as possible. Every faster way
 * (serve/compile.ts) must give the same numbers, bit for bit.
 */
import type { FeatureBins } from '../data/binning.js';
import { codeOf } from '../data/binning.js';
import { inverseLink } from './links.js';
import { ofSum, treesOf, type MemberRange, type Part } from './parts.js';
import { inSet, type Tree } from './tree.js';

/** The leaf of `tree` that a row of numbers falls into. */
export function leafOf(tree: Tree, bins: readonly FeatureBins[], row: ArrayLike<number>): number {
  let node = 0;
  for (let f = tree.feature[0]; f >= 0; f = tree.feature[node]) {
    node = tree.left[node] + +!goesLeft(tree, node, bins[f], row[f]);
  }
  return node;
}

/** Which way a number goes at an inner node; `bins` are those of the feature it tests. */
export function goesLeft(tree: Tree, node: number, bins: FeatureBins, x: number): boolean {
  const cut = tree.cut[node];
  if (bins.categorical) {
    const code = codeOf(bins, x);
    return code === bins.bins ? tree.missingLeft[node] === 1 : inSet(tree.sets, cut, code);
  }
  if (Number.isNaN(x)) return tree.missingLeft[node] === 1;
  // A cut past the last one splits "observed" from "missing": every number goes left.
  return cut === bins.cuts.length || x <= bins.cuts[cut];
}

/** What a forest predicts at a row before calibration, each part's leaves added up in tree order. */
export function predictRow(
  parts: readonly Part[],
  trees: readonly Tree[],
  bins: readonly FeatureBins[],
  row: ArrayLike<number>,
): number {
  let prediction = 0;
  let t = 0;
  for (const part of parts) {
    let sum = 0;
    for (const end = t + treesOf(part); t < end; t++) {
      sum += trees[t].value[leafOf(trees[t], bins, row)];
    }
    prediction += part.weight * ofSum(part, sum);
  }
  return prediction;
}

/**
 * Bounds of `predictRow` over all rows: what the trees' least and greatest leaves give. They may
 * not be reached, since a row need not fall into the least leaf of every tree.
 */
export function reachOf(
  parts: readonly Part[],
  trees: readonly Tree[],
): { least: number; most: number } {
  let [least, most] = [0, 0];
  let t = 0;
  for (const part of parts) {
    let [lows, highs] = [0, 0];
    for (const end = t + treesOf(part); t < end; t++) {
      const { nodes, feature, value } = trees[t];
      const leaves = value.subarray(0, nodes).filter((_, node) => feature[node] < 0);
      lows += leaves.reduce((low, leaf) => Math.min(low, leaf));
      highs += leaves.reduce((high, leaf) => Math.max(high, leaf));
    }
    least += part.weight * ofSum(part, lows);
    most += part.weight * ofSum(part, highs);
  }
  return { least, most };
}

/**
 * What `predictRow` gives at a row, and the (population) variance of the forest's draws there.
 * @param draws `membersOf` the parts
 */
export function meanAndVariance(
  parts: readonly Part[],
  draws: readonly (readonly MemberRange[])[],
  trees: readonly Tree[],
  bins: readonly FeatureBins[],
  row: ArrayLike<number>,
): { mean: number; variance: number } {
  const leaves = Float64Array.from(trees, (tree) => tree.value[leafOf(tree, bins, row)]);
  const sumOf = (from: number, count: number): number => {
    let sum = 0;
    for (let t = from; t < from + count; t++) sum += leaves[t];
    return sum;
  };
  const drawn = Float64Array.from(draws, (members) =>
    members.reduce(
      (draw, { part, from, trees: count }) =>
        draw + part.weight * inverseLink(part.link, part.base + sumOf(from, count)),
      0,
    ),
  );
  let mean = 0;
  let t = 0;
  for (const part of parts) {
    const count = treesOf(part);
    mean += part.weight * ofSum(part, sumOf(t, count));
    t += count;
  }
  return { mean, variance: varianceOf(drawn) };
}

/** The population variance. */
export function varianceOf(numbers: Float64Array): number {
  let sum = 0;
  for (const number of numbers) sum += number;
  const centre = sum / numbers.length;
  let squares = 0;
  for (const number of numbers) squares += (number - centre) ** 2;
  return squares / numbers.length;
}
