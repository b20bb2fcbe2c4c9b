/*
 * The whole forest as one flat array, a number a cell.
 *
 * Each tree is laid over the cells in turn: its leaves partition them, and a leaf's cells are the
 * product of the codes that lead to it, one list a feature. Adding tree after tree is the plain
 * walk's own order of additions, so every cell ends with the plain walk's own bits.
 */
import type { CellSpace } from './cells.js';
import { inSet, type Tree } from './tree.js';

/** The codes that reach a node, by feature. */
type CodeLists = readonly Int32Array[];

/** @returns the prediction of every cell, `cells.count` long */
export function buildTable(cells: CellSpace, trees: readonly Tree[]): Float64Array {
  const table = new Float64Array(cells.count);
  const all = cells.sizes.map((size) => Int32Array.from({ length: size }, (_, code) => code));
  for (const tree of trees) addNode(table, cells, tree, 0, all);
  for (let cell = 0; cell < table.length; cell++) table[cell] /= trees.length;
  return table;
}

function addNode(
  table: Float64Array,
  cells: CellSpace,
  tree: Tree,
  node: number,
  lists: CodeLists,
): void {
  const f = tree.feature[node];
  if (f < 0) {
    addProduct(table, cells.strides, lists, 0, 0, tree.value[node]);
    return;
  }
  const left = lists.slice();
  const right = lists.slice();
  left[f] = lists[f].filter((code) => codeGoesLeft(cells, tree, node, code));
  right[f] = lists[f].filter((code) => !codeGoesLeft(cells, tree, node, code));
  if (left[f].length > 0) addNode(table, cells, tree, tree.left[node], left);
  if (right[f].length > 0) addNode(table, cells, tree, tree.left[node] + 1, right);
}

/** Which way a code over the used cuts goes at an inner node. */
export function codeGoesLeft(cells: CellSpace, tree: Tree, node: number, code: number): boolean {
  const f = tree.feature[node];
  const { categorical, bins } = cells.bins[f];
  if (code === bins) return tree.missingLeft[node] === 1;
  if (categorical) return inSet(tree.sets, tree.cut[node], code);
  return code <= cells.cutPlace(f, tree.cut[node]);
}

/** Adds `value` to every cell of the product of the lists from feature `f` on. */
function addProduct(
  table: Float64Array,
  strides: readonly number[],
  lists: CodeLists,
  f: number,
  offset: number,
  value: number,
): void {
  const list = lists[f];
  const stride = strides[f];
  if (f === lists.length - 1) {
    for (let i = 0; i < list.length; i++) table[offset + stride * list[i]] += value;
    return;
  }
  for (let i = 0; i < list.length; i++) {
    addProduct(table, strides, lists, f + 1, offset + stride * list[i], value);
  }
}
