/*
 * The plain walk defines what a forest predicts, as simply as possible. Every faster way
 * (serve/compile.ts) must give the same numbers, bit for bit.
 */
import type { FeatureBins } from '../data/binning.js';
import { codeOf } from '../data/binning.js';
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

/** The mean of the trees' leaves, added up in tree order. */
export function predictRow(
  trees: readonly Tree[],
  bins: readonly FeatureBins[],
  row: ArrayLike<number>,
): number {
  let sum = 0;
  for (const tree of trees) sum += tree.value[leafOf(tree, bins, row)];
  return sum / trees.length;
}

/**
 * Bounds of `predictRow` over all rows: the means of the trees' least and greatest leaves. They may
 * not be reached, since a row need not fall into the least leaf of every tree.
 */
export function reachOf(trees: readonly Tree[]): { least: number; most: number } {
  let [least, most] = [0, 0];
  for (const { nodes, feature, value } of trees) {
    const leaves = value.subarray(0, nodes).filter((_, node) => feature[node] < 0);
    least += leaves.reduce((low, leaf) => Math.min(low, leaf));
    most += leaves.reduce((high, leaf) => Math.max(high, leaf));
  }
  return { least: least / trees.length, most: most / trees.length };
}

/** The mean of the trees' leaves at a row, as `predictRow` has it, and their (population) variance. */
export function meanAndVariance(
  trees: readonly Tree[],
  bins: readonly FeatureBins[],
  row: ArrayLike<number>,
): { mean: number; variance: number } {
  const leaves = Float64Array.from(trees, (tree) => tree.value[leafOf(tree, bins, row)]);
  let sum = 0;
  for (const leaf of leaves) sum += leaf;
  const mean = sum / trees.length;
  let squares = 0;
  for (const leaf of leaves) squares += (leaf - mean) ** 2;
  return { mean, variance: squares / trees.length };
}
