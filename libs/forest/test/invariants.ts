import type { TrainingSet } from '../src/data/grouping.js';
import { checkTree } from '../src/trees/tree.js';
import { CodeWalk, type Tree } from '../src/trees/tree.js';

/** Holds any tree against what every tree must be; `bag` is what it was grown from. */
export function expectSoundTree(tree: Tree, set: TrainingSet, bag: ArrayLike<number>): void {
  const { bins, packed, starts, target, weight } = set;
  expect(checkTree(tree, bins)).toBeNull();
  const walk = new CodeWalk(bins, packed);
  const sums = new Float64Array(tree.nodes);
  const covers = new Float64Array(tree.nodes);
  for (let group = 0; group < packed.rows; group++) {
    const leaf = walk.leafOf(tree, group);
    for (let position = starts[group]; position < starts[group + 1]; position++) {
      const inBag = bag[position] * (weight?.[position] ?? 1);
      covers[leaf] += inBag;
      sums[leaf] += inBag * target[position];
    }
  }
  // Children partition their parent: summing leaves upwards must give every node's own numbers.
  for (let node = tree.nodes - 1; node >= 0; node--) {
    if (tree.feature[node] >= 0) {
      const left = tree.left[node];
      covers[node] = covers[left] + covers[left + 1];
      sums[node] = sums[left] + sums[left + 1];
      expect(tree.gain[node]).toBeGreaterThan(0);
    }
    expect(tree.cover[node]).toBeCloseTo(covers[node], 6);
    expect(tree.value[node]).toBeCloseTo(sums[node] / covers[node], 9);
  }
}
