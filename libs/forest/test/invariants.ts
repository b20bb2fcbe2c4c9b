import type { TrainingSet } from '../src/data/grouping.js';
import { checkTree, leafOfCodes, type Tree } from '../src/trees/tree.js';
import { recordsOf } from './records.js';

/** Holds any tree against what every tree must be; `bag` is what it was grown from. */
export function expectSoundTree(tree: Tree, set: TrainingSet, bag: ArrayLike<number>): void {
  const { bins } = set;
  expect(checkTree(tree, bins)).toBeNull();
  const sums = new Float64Array(tree.nodes);
  const covers = new Float64Array(tree.nodes);
  recordsOf(set).forEach(({ codes, target, weight }, position) => {
    const leaf = leafOfCodes(tree, bins, codes);
    const inBag = bag[position] * (weight ?? 1);
    covers[leaf] += inBag;
    sums[leaf] += inBag * target;
  });
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
