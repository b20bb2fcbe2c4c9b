/*
 * The whole forest as one flat array, a number a cell.
 *
 * Each tree is laid over the cells in turn: its leaves partition them, and a leaf's cells are a
 * box, the product of the codes that lead to it,
 *
 *   numeric        first … last, and the missing code or not
 *   categorical    a list of codes
 *
 * Adding tree after tree is the plain walk's own order of additions, so every cell ends with the
 * plain walk's own bits. Links, and the mixture of parts, are folded in.
 */
import { codeGoesLeft, type CellSpace } from './cells.js';
import { copyNumbers, hasKernels, Kernels, putCoding } from '../kernels/kernels.js';
import { ofSum, treesOf, type Part } from '../trees/parts.js';
import type { Tree } from '../trees/tree.js';

/** @returns the prediction of every cell before calibration, `cells.count` long */
export function buildTable(
  cells: CellSpace,
  parts: readonly Part[],
  trees: readonly Tree[],
): Float64Array {
  const table = new Float64Array(cells.count);
  let t = 0;
  for (const part of parts) {
    // The first part is summed up in the table itself.
    const sums = t === 0 ? table : new Float64Array(cells.count);
    const box = new Box(sums, cells);
    for (const end = t + treesOf(part); t < end; t++) box.addNode(trees[t], 0);
    for (let cell = 0; cell < table.length; cell++) {
      const value = part.weight * ofSum(part, sums[cell]);
      table[cell] = sums === table ? value : table[cell] + value;
    }
  }
  return table;
}

/** The cells whose rows reach a node. It is narrowed on the way down and widened on the way up. */
class Box {
  private readonly first: Int32Array;
  private readonly last: Int32Array;
  private readonly missing: Uint8Array;
  /** Of a categorical feature; null for a numeric one. */
  private readonly lists: (Int32Array | null)[];

  constructor(
    private readonly table: Float64Array,
    private readonly cells: CellSpace,
  ) {
    const { bins, sizes } = cells;
    this.first = new Int32Array(sizes.length);
    this.last = Int32Array.from(sizes, (size) => Math.max(0, size - 2));
    this.missing = Uint8Array.from(sizes, (size) => +(size > 1));
    this.lists = bins.map((feature, f) => (feature.categorical ? allCodes(sizes[f]) : null));
  }

  /** Adds a node's leaves to the cells of the box. */
  addNode(tree: Tree, node: number): void {
    const f = tree.feature[node];
    if (f < 0) this.fill(0, 0, tree.value[node]);
    else if (this.lists[f] === null) this.addNumeric(tree, node, f);
    else this.addCategorical(tree, node, f, this.lists[f]);
  }

  private addNumeric(tree: Tree, node: number, f: number): void {
    const { first, last, missing } = this;
    const from = first[f];
    const to = last[f];
    const withMissing = missing[f];
    const place = this.cells.cutPlace(f, tree.cut[node]);
    const missingLeft = tree.missingLeft[node];
    last[f] = Math.min(to, place);
    missing[f] = withMissing & missingLeft;
    if (from <= last[f] || missing[f] === 1) this.addNode(tree, tree.left[node]);
    last[f] = to;
    first[f] = Math.max(from, place + 1);
    missing[f] = withMissing & (1 - missingLeft);
    if (first[f] <= to || missing[f] === 1) this.addNode(tree, tree.left[node] + 1);
    first[f] = from;
    missing[f] = withMissing;
  }

  private addCategorical(tree: Tree, node: number, f: number, list: Int32Array): void {
    for (const side of [true, false]) {
      const codes = list.filter((code) => codeGoesLeft(this.cells, tree, node, code) === side);
      this.lists[f] = codes;
      if (codes.length > 0) this.addNode(tree, tree.left[node] + +!side);
    }
    this.lists[f] = list;
  }

  /** Adds `value` to every cell of the box, from feature `f` on. */
  private fill(f: number, offset: number, value: number): void {
    const { table, cells, first, last, missing, lists } = this;
    if (f === first.length) {
      table[offset] += value;
      return;
    }
    const stride = cells.strides[f];
    const list = lists[f];
    if (list !== null) {
      for (let i = 0; i < list.length; i++) this.fill(f + 1, offset + stride * list[i], value);
      return;
    }
    if (stride === 1) {
      const end = offset + last[f];
      for (let cell = offset + first[f]; cell <= end; cell++) table[cell] += value;
    } else {
      for (let code = first[f]; code <= last[f]; code++) {
        this.fill(f + 1, offset + stride * code, value);
      }
    }
    if (missing[f] === 1) this.fill(f + 1, offset + stride * (cells.sizes[f] - 1), value);
  }
}

function allCodes(size: number): Int32Array {
  return Int32Array.from({ length: size }, (_, code) => code);
}

/** Rows that are coded in one go. */
const BLOCK = 1024;

/**
 * Looks many rows up in a table. Kernels code one feature of a whole block of rows at a time, and the
 * reads of the table overlap.
 */
export class TableBatch {
  private readonly kernels: Kernels | null;
  private readonly codings: number[] = [];
  private readonly numbers: Float64Array;
  private readonly cellNumbers: Uint32Array;

  constructor(
    private readonly cells: CellSpace,
    private readonly table: Float64Array,
  ) {
    const kernels = hasKernels() ? new Kernels() : null;
    const { bins, sizes, plan } = cells;
    this.kernels = kernels;
    if (kernels === null) {
      this.numbers = new Float64Array(0);
      this.cellNumbers = new Uint32Array(0);
      return;
    }
    kernels.call.bindCodes(BLOCK);
    this.codings = bins.map(({ categorical, bins: missing }, f) =>
      sizes[f] === 1 ? 0 : putCoding(kernels, categorical, missing, plan.cuts[f]),
    );
    const numbersAt = kernels.room(Float64Array, BLOCK * sizes.length);
    const cellsAt = kernels.room(Uint32Array, BLOCK);
    this.numbers = kernels.at(Float64Array, numbersAt, BLOCK * sizes.length);
    this.cellNumbers = kernels.at(Uint32Array, cellsAt, BLOCK);
  }

  /** Writes the cell of each of `count` rows to `out`. */
  predict(rows: Float64Array, count: number, out: Float64Array): void {
    const { cells, table } = this;
    if (this.kernels === null) {
      const width = cells.sizes.length;
      for (let i = 0; i < count; i++) out[i] = table[cells.indexOf(rows, i * width)];
      return;
    }
    for (let from = 0; from < count; from += BLOCK) {
      const length = Math.min(BLOCK, count - from);
      this.code(this.kernels, rows, from, length);
      const { cellNumbers } = this;
      for (let i = 0; i < length; i++) out[from + i] = table[cellNumbers[i]];
    }
  }

  /** Numbers the cells of a block of rows. */
  private code({ call }: Kernels, rows: Float64Array, from: number, length: number): void {
    const { cells, numbers, cellNumbers, codings } = this;
    const width = codings.length;
    copyNumbers(numbers, rows, from * width, length * width);
    cellNumbers.fill(0, 0, length);
    for (let f = 0; f < width; f++) {
      if (codings[f] === 0) continue;
      const at = numbers.byteOffset + 8 * f;
      call.addCodes(codings[f], at, 8 * width, length, cells.strides[f], cellNumbers.byteOffset);
    }
  }
}
