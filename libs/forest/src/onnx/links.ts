/*
 * Are these links trees, or at least free of circles? Asked once, with a stack of our own, so
 * that everything after may follow links without looking back.
 */
import { importInvalid } from '../exchange/assemble.js';
import type { Ensemble } from './ensemble.js';

/** By node: how many links lead to it. */
export function parentsOf({ mode, ifTrue, ifFalse }: Ensemble): Int32Array {
  const parents = new Int32Array(mode.length);
  mode.forEach((branch, node) => {
    if (branch === null) return;
    parents[ifTrue[node]]++;
    parents[ifFalse[node]]++;
  });
  return parents;
}

/**
 * The root of a tree: its one node that no link leads to.
 * @throws ForestError IMPORT_INVALID if there is none or more than one, or links go in a circle
 */
export function rootOf(
  { mode, ifTrue, ifFalse }: Ensemble,
  nodes: readonly number[],
  parents: Int32Array,
): number {
  const roots = nodes.filter((node) => parents[node] === 0);
  if (roots.length !== 1) importInvalid(`a tree has ${roots.length} roots, wanted 1`);
  // Kahn 1962: take nodes whose parents are all taken; what lies on a circle never is.
  const open = new Map(nodes.map((node) => [node, parents[node]]));
  const ready = [...roots];
  let taken = 0;
  for (let node = ready.pop(); node !== undefined; node = ready.pop()) {
    taken++;
    if (mode[node] === null) continue;
    for (const child of [ifTrue[node], ifFalse[node]]) {
      const left = open.get(child)! - 1;
      open.set(child, left);
      if (left === 0) ready.push(child);
    }
  }
  if (taken < nodes.length) importInvalid('the nodes of a tree go in a circle');
  return roots[0];
}
