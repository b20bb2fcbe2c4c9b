import type { FeatureBins, PackedRows } from '../src/binning.js';
import { checkTree } from '../src/tree-check.js';
import { leafOfCodes, type Tree } from '../src/tree.js';

/** Holds any tree against what every tree must be; `counts` is the bag it was grown from. */
export function expectSoundTree(
  tree: Tree,
  bins: readonly FeatureBins[],
  packed: PackedRows,
  target: Float64Array,
  weight: Float64Array,
  counts: ArrayLike<number>,
): void {
  expect(checkTree(tree, bins)).toBeNull();
  const sums = new Float64Array(tree.nodes);
  const covers = new Float64Array(tree.nodes);
  for (let row = 0; row < target.length; row++) {
    const leaf = leafOfCodes(tree, bins, packed, row);
    covers[leaf] += counts[row] * weight[row];
    sums[leaf] += counts[row] * weight[row] * target[row];
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
