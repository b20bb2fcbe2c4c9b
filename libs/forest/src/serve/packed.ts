/*
 * The forest as packed nodes, for when a table would be too large.
 *
 * A row is coded once into slots; every node then compares one slot with one small number:
 *
 *   nodes[2n]      slot << 16 | cut         goes right when slots[slot] > cut
 *   nodes[2n + 1]  left child               the right one is next to it
 *   leaf           cut 65535, child n       no code is above 65535: a leaf leads to itself
 *
 * Each feature has two slots, so that no node needs a branch for missing values:
 *
 *   slot 2f        code, missing = above all          where missing goes right
 *   slot 2f + 1    code + 1, missing = 0              where missing goes left
 *
 * and each distinct set of categories is a slot of its own that holds 0 (left) or 1 (right).
 * Trees are stored breadth first. Four walks go on at a time, so that their chains of loads
 * overlap, until all four stand on a leaf:
 *
 *   one row       down four trees
 *   many rows     four of them down one tree, and the whole block of rows before the next tree,
 *                 whose nodes are then in the cache for all but the first
 *
 * Leaves are added in tree order, which is the plain walk's.
 */
import type { CellSpace } from './cells.js';
import { CODE_BLOCK } from '../data/cut-search.js';

/** With more distinct sets of categories than this, filling their slots takes longer than a walk. */
export const MAX_SET_SLOTS = 1024;

export const LANES = 4;
export const NEVER = 0xffff;

/** A slot for one set of categories: it holds 0 where a row's category goes left, else 1. */
export interface SetSlot {
  readonly feature: number;
  /** By code, missing last: 0 left, 1 right. */
  readonly side: Uint8Array;
}

/** The nodes of all trees: plain arrays, so that threads can hand them over. */
export interface PackedNodes {
  /** Number of trees. */
  readonly trees: number;
  readonly nodes: Int32Array;
  /** By node. */
  readonly values: Float64Array;
  /** Root of every tree, padded to whole groups of four by repeating the last. */
  readonly roots: Int32Array;
  readonly setSlots: readonly SetSlot[];
}

/** Slots of a block of rows: they fill half of a second-level cache, and nodes the other half. */
const BLOCK_SLOTS = 2 ** 17;

export class PackedForest {
  /** Slots of a row. */
  private readonly width: number;
  /** Rows of a block: a multiple of LANES. */
  private readonly block: number;
  private readonly codes = new Int32Array(CODE_BLOCK);
  /** Row after row. */
  private slots: Uint16Array;
  private sums = new Float64Array(0);

  constructor(
    private readonly cells: CellSpace,
    private readonly packed: PackedNodes,
  ) {
    this.width = 2 * cells.sizes.length + packed.setSlots.length;
    const fitting = Math.floor(BLOCK_SLOTS / this.width / LANES) * LANES;
    this.block = Math.min(CODE_BLOCK, Math.max(64, fitting));
    this.slots = new Uint16Array(this.width);
  }

  /** The mean of the trees at the row of numbers that begins at `at`. */
  predict(rows: ArrayLike<number>, at = 0): number {
    this.fillSlots(rows, at);
    return this.walkAll();
  }

  /** The mean of the trees in a cell, told by its codes over the used cuts. */
  predictCodes(codes: Int32Array): number {
    for (let f = 0; f < codes.length; f++) this.setCode(f, codes[f]);
    this.fillSets(1);
    return this.walkAll();
  }

  private walkAll(): number {
    const { trees, nodes, values, roots } = this.packed;
    const { slots } = this;
    let sum = 0;
    for (let t = 0; t < trees; t += LANES) {
      let a = roots[t];
      let b = roots[t + 1];
      let c = roots[t + 2];
      let d = roots[t + 3];
      for (;;) {
        const testA = nodes[2 * a];
        const testB = nodes[2 * b];
        const testC = nodes[2 * c];
        const testD = nodes[2 * d];
        if ((testA & testB & testC & testD & NEVER) === NEVER) break;
        a = nodes[2 * a + 1] + +(slots[testA >>> 16] > (testA & NEVER));
        b = nodes[2 * b + 1] + +(slots[testB >>> 16] > (testB & NEVER));
        c = nodes[2 * c + 1] + +(slots[testC >>> 16] > (testC & NEVER));
        d = nodes[2 * d + 1] + +(slots[testD >>> 16] > (testD & NEVER));
      }
      sum += values[a];
      if (t + 1 < trees) sum += values[b];
      if (t + 2 < trees) sum += values[c];
      if (t + 3 < trees) sum += values[d];
    }
    return sum / trees;
  }

  /** Writes the mean of the trees at each of `count` rows of numbers to `out`. */
  predictBatch(rows: ArrayLike<number>, count: number, out: Float64Array): void {
    const { trees, roots } = this.packed;
    for (const [from, length] of this.blocks(rows, count)) {
      this.sums.fill(0);
      for (let t = 0; t < trees; t++) this.walkBlock(roots[t], length, this.sums, 0);
      for (let i = 0; i < length; i++) out[from + i] = this.sums[i] / trees;
    }
  }

  /**
   * Writes what each of the first `trees` trees predicts at `count` rows to `out`, tree by tree.
   * Rows are written in groups of four. What is written behind a tree's last row is overwritten by
   * the next tree's first rows, and behind the last tree `out` has room for LANES more numbers.
   */
  perTree(rows: ArrayLike<number>, count: number, trees: number, out: Float64Array): void {
    const { roots } = this.packed;
    for (const [from, length] of this.blocks(rows, count)) {
      for (let t = 0, at = from; t < trees; t++, at += count) {
        out.fill(0, at, at + length);
        this.walkBlock(roots[t], length, out, at);
      }
    }
  }

  /**
   * Fills the slots of one block of rows after another, the last rows first, and yields the first
   * row of the block and the number of its rows.
   */
  private *blocks(rows: ArrayLike<number>, count: number): Generator<readonly [number, number]> {
    const { block, cells, width } = this;
    if (this.sums.length === 0) {
      this.sums = new Float64Array(block);
      this.slots = new Uint16Array(width * block);
    }
    for (let from = Math.floor((count - 1) / block) * block; from >= 0; from -= block) {
      const length = Math.min(block, count - from);
      for (let f = 0; f < cells.sizes.length; f++) this.fillBlock(f, rows, from, length);
      this.fillSets(length);
      yield [from, length];
    }
  }

  /**
   * Adds what one tree predicts at the block's rows to `sums`, from place `to` on. Rows are taken
   * in groups of four; the slots behind the last row are left over and count for nothing.
   */
  private walkBlock(root: number, length: number, sums: Float64Array, to: number): void {
    const { nodes, values } = this.packed;
    const { slots, width } = this;
    for (let i = 0, row = 0; i < length; i += LANES, row += LANES * width) {
      const rowB = row + width;
      const rowC = rowB + width;
      const rowD = rowC + width;
      let a = root;
      let b = root;
      let c = root;
      let d = root;
      for (;;) {
        const testA = nodes[2 * a];
        const testB = nodes[2 * b];
        const testC = nodes[2 * c];
        const testD = nodes[2 * d];
        if ((testA & testB & testC & testD & NEVER) === NEVER) break;
        a = nodes[2 * a + 1] + +(slots[row + (testA >>> 16)] > (testA & NEVER));
        b = nodes[2 * b + 1] + +(slots[rowB + (testB >>> 16)] > (testB & NEVER));
        c = nodes[2 * c + 1] + +(slots[rowC + (testC >>> 16)] > (testC & NEVER));
        d = nodes[2 * d + 1] + +(slots[rowD + (testD >>> 16)] > (testD & NEVER));
      }
      sums[to + i] += values[a];
      sums[to + i + 1] += values[b];
      sums[to + i + 2] += values[c];
      sums[to + i + 3] += values[d];
    }
  }

  private fillSlots(rows: ArrayLike<number>, at: number): void {
    const { cells } = this;
    for (let f = 0; f < cells.sizes.length; f++) {
      if (cells.sizes[f] === 1) continue;
      this.setCode(f, cells.codeOf(f, rows[at + f]));
    }
    this.fillSets(1);
  }

  private setCode(f: number, code: number): void {
    this.slots[2 * f] = code;
    this.slots[2 * f + 1] = code === this.cells.bins[f].bins ? 0 : code + 1;
  }

  /** The two slots of feature `f`, of `length` rows from row `from` on. */
  private fillBlock(f: number, rows: ArrayLike<number>, from: number, length: number): void {
    const { cells, slots, codes, width } = this;
    if (cells.sizes[f] === 1) return;
    codes.fill(0, 0, length);
    cells.addCodes(f, rows, from * cells.sizes.length, length, 1, codes);
    const missing = cells.bins[f].bins;
    for (let i = 0, at = 2 * f; i < length; i++, at += width) {
      const code = codes[i];
      slots[at] = code;
      slots[at + 1] = code === missing ? 0 : code + 1;
    }
  }

  /** The slots of the sets of the first `length` rows, whose codes are filled in. */
  private fillSets(length: number): void {
    const { slots, width, cells } = this;
    const { setSlots } = this.packed;
    const first = 2 * cells.sizes.length;
    for (let i = 0, row = 0; i < length; i++, row += width) {
      for (let s = 0; s < setSlots.length; s++) {
        const { feature, side } = setSlots[s];
        slots[row + first + s] = side[slots[row + 2 * feature]];
      }
    }
  }
}
