import type { FeatureBins } from './binning.js';
import type { Tree } from './tree.js';

/**
 * Is this a tree? Children come after their parent and belong to it alone, tests exist, values
 * are numbers. Everything that walks a tree relies on this and nothing more.
 * @returns what is wrong, or null
 */
export function checkTree(tree: Tree, bins: readonly FeatureBins[]): string | null {
  const { nodes, feature, left, value } = tree;
  if (nodes < 1) return 'it has no nodes';
  let next = 1;
  const children = new Uint8Array(nodes);
  for (let node = 0; node < nodes; node++) {
    if (!Number.isFinite(value[node])) return `the value of node ${node} is ${value[node]}`;
    const f = feature[node];
    if (f < 0) {
      if (left[node] !== 0) return `leaf ${node} has children`;
      continue;
    }
    if (f >= bins.length) return `node ${node} tests feature ${f} of ${bins.length}`;
    const child = left[node];
    if (child <= node || child + 1 >= nodes) return `the children of node ${node} lie outside`;
    if (children[child] + children[child + 1] > 0) return `node ${child} has two parents`;
    children[child] = children[child + 1] = 1;
    next += 2;
    const problem = checkTest(tree, node, bins[f]);
    if (problem !== null) return problem;
  }
  return next === nodes ? null : 'some nodes have no parent';
}

function checkTest(
  { cut, missingLeft, sets }: Tree,
  node: number,
  bins: FeatureBins,
): string | null {
  if (missingLeft[node] > 1) return `node ${node} sends missing values nowhere`;
  const last = bins.categorical ? sets.length - ((bins.bins + 31) >>> 5) : bins.bins - 1;
  return cut[node] >= 0 && cut[node] <= last ? null : `the cut of node ${node} lies outside`;
}
