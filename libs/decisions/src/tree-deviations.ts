import type { CtrModel } from '@adscale/ctr';

/** How far each tree's prediction is from the mean of the trees, at some rows. */
export interface TreeDeviations {
  readonly trees: number;
  /** Tree after tree, `trees * count` numbers. */
  readonly deviations: Float64Array;
}

/** @param trees how many of the trees to ask; as many as the model asks by default */
export function treeDeviations(
  { compiled }: CtrModel,
  rows: Float64Array,
  count: number,
  trees = compiled.askedTrees,
): TreeDeviations {
  const deviations = compiled.perTree(rows, count, trees);
  const sums = new Float64Array(count);
  for (let t = 0, at = 0; t < trees; t++) {
    for (let i = 0; i < count; i++, at++) sums[i] += deviations[at];
  }
  for (let t = 0, at = 0; t < trees; t++) {
    for (let i = 0; i < count; i++, at++) deviations[at] -= sums[i] / trees;
  }
  return { trees, deviations };
}
