/*
 * A forest as packed nodes, asked of the kernels that walk them (kernels/walk.ts).
 */
import type { CellSpace } from './cells.js';
import { copyNumbers, Kernels, putCoding } from '../kernels/kernels.js';
import type { PackedNodes } from './packing.js';

/** Rows that are coded at a time. */
const CODED = 1024;
/**
 * Slots of a block of rows, 2 MB of them. A tree's nodes come from memory once a block, which costs more
 * than to read the slots of a block again.
 */
const BLOCK_SLOTS = 2 ** 20;
/** Rows of a block, at most and at least. */
const BLOCK = 16_384;
const LEAST_BLOCK = 64;

export class PackedForest {
  private readonly kernels: Kernels;
  private readonly width: number;
  /** Rows of a block. */
  private readonly block: number;
  private readonly numbers: Float64Array;
  private readonly sums: Float64Array;

  constructor(
    cells: CellSpace,
    { memory, module, trees, nodes, values, roots, slots, sets }: PackedNodes,
  ) {
    this.width = cells.sizes.length;
    this.block = Math.min(BLOCK, Math.max(LEAST_BLOCK, Math.floor(BLOCK_SLOTS / slots)));
    this.kernels = new Kernels(memory, module);
    const { call } = this.kernels;
    call.bindCodes(CODED);
    call.bindForest(nodes, values, roots, trees, this.width, slots, this.block, CODED);
    cells.bins.forEach(({ categorical, bins }, f) => {
      const isAsked = cells.sizes[f] > 1;
      const coding = isAsked ? putCoding(this.kernels, categorical, bins, cells.plan.cuts[f]) : 0;
      call.bindTest(f, coding, sets[f].at, sets[f].slots, sets[f].sides);
    });
    // No memory is taken from here on, so that these stay what they are.
    this.numbers = this.kernels.at(Float64Array, call.numbers, CODED * this.width);
    this.sums = this.kernels.at(Float64Array, call.sums, this.block);
  }

  /** The mean of the trees at the row of numbers that begins at `at`. */
  predict(rows: ArrayLike<number>, at = 0): number {
    const { numbers, width } = this;
    for (let f = 0; f < width; f++) numbers[f] = rows[at + f];
    return this.kernels.call.predictRow();
  }

  /** The mean of the trees in a cell, told by its codes over the used cuts. */
  predictCodes(codes: Int32Array): number {
    this.numbers.set(codes);
    return this.kernels.call.predictCodes();
  }

  /** Writes the mean of the trees at each of `count` rows of numbers to `out`. */
  predictBatch(rows: ArrayLike<number>, count: number, out: Float64Array): void {
    for (let from = 0; from < count; from += this.block) {
      const length = this.code(rows, from, count);
      this.kernels.call.predictBlock(length);
      out.set(this.sums.subarray(0, length), from);
    }
  }

  /** Writes what each of the first `trees` trees predicts at `count` rows to `out`, tree by tree. */
  perTree(rows: ArrayLike<number>, count: number, trees: number, out: Float64Array): void {
    const { call } = this.kernels;
    for (let from = 0; from < count; from += this.block) {
      const length = this.code(rows, from, count);
      for (let t = 0; t < trees; t++) {
        call.predictTree(t, length);
        out.set(this.sums.subarray(0, length), t * count + from);
      }
    }
  }

  /** Codes a block of rows, from row `from` on; returns how many they are. */
  private code(rows: ArrayLike<number>, from: number, count: number): number {
    const { numbers, width, kernels } = this;
    const length = Math.min(this.block, count - from);
    for (let first = 0; first < length; first += CODED) {
      const some = Math.min(CODED, length - first);
      copyNumbers(numbers, rows, (from + first) * width, some * width);
      kernels.call.codeRows(first, some);
    }
    return length;
  }
}
