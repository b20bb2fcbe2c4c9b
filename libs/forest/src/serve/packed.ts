/*
 * A forest as packed nodes, asked of the kernels that walk them (kernels/walk.ts).
 */
import type { CellSpace } from './cells.js';
import { copyNumbers, Kernels, putCoding } from '../kernels/kernels.js';
import { rootsOf, type PackedNodes } from './packing.js';
import { inverseLink } from '../trees/links.js';
import { membersOf, ofSum, treesOf, type MemberRange, type Part } from '../trees/parts.js';

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
  private readonly ranges: readonly PartRange[];
  private readonly members: readonly MemberRange[][];

  /** @param draws how many draws `perTree` may be asked for */
  constructor(
    cells: CellSpace,
    { memory, module, parts, nodes, values, roots, slots, sets }: PackedNodes,
    draws: number,
  ) {
    this.ranges = rangesOf(parts);
    this.members = membersOf(parts, draws);
    this.width = cells.sizes.length;
    this.block = Math.min(BLOCK, Math.max(LEAST_BLOCK, Math.floor(BLOCK_SLOTS / slots)));
    this.kernels = new Kernels(memory, module);
    const { call } = this.kernels;
    call.bindCodes(CODED);
    call.bindForest(nodes, values, roots, this.width, slots, this.block, CODED);
    cells.bins.forEach(({ categorical, bins }, f) => {
      const isAsked = cells.sizes[f] > 1;
      const coding = isAsked ? putCoding(this.kernels, categorical, bins, cells.plan.cuts[f]) : 0;
      call.bindTest(f, coding, sets[f].at, sets[f].slots, sets[f].sides);
    });
    // No memory is taken from here on, so that these stay what they are.
    this.numbers = this.kernels.at(Float64Array, call.numbers, CODED * this.width);
    this.sums = this.kernels.at(Float64Array, call.sums, this.block);
  }

  /** The prediction, before calibration, at the row of numbers that begins at `at`. */
  predict(rows: ArrayLike<number>, at = 0): number {
    const { numbers, width } = this;
    for (let f = 0; f < width; f++) numbers[f] = rows[at + f];
    const [{ root, trees }] = this.ranges;
    return this.mix(this.kernels.call.predictRow(root, trees));
  }

  /** The prediction in a cell, told by its codes over the used cuts. */
  predictCodes(codes: Int32Array): number {
    this.numbers.set(codes);
    const [{ root, trees }] = this.ranges;
    return this.mix(this.kernels.call.predictCodes(root, trees));
  }

  /** Puts the parts together, of a row that is coded. */
  private mix(first: number): number {
    const { ranges } = this;
    let prediction = 0;
    for (let p = 0; p < ranges.length; p++) {
      const { part, root, trees } = ranges[p];
      const sum = p === 0 ? first : this.kernels.call.walkTrees(root, trees);
      prediction += part.weight * ofSum(part, sum);
    }
    return prediction;
  }

  /** Writes the prediction at each of `count` rows of numbers to `out`. */
  predictBatch(rows: ArrayLike<number>, count: number, out: Float64Array): void {
    const { sums, ranges } = this;
    for (let from = 0; from < count; from += this.block) {
      const length = this.code(rows, from, count);
      ranges.forEach(({ part, root, trees }, p) => {
        this.kernels.call.sumBlock(root, trees, length);
        for (let i = 0; i < length; i++) {
          const before = p === 0 ? 0 : out[from + i];
          out[from + i] = before + part.weight * ofSum(part, sums[i]);
        }
      });
    }
  }

  /** Writes what each of the first `draws` draws gives at `count` rows to `out`, draw by draw. */
  perTree(rows: ArrayLike<number>, count: number, draws: number, out: Float64Array): void {
    const { sums, ranges, members } = this;
    for (let from = 0; from < count; from += this.block) {
      const length = this.code(rows, from, count);
      ranges.forEach(({ part, root, tree: first }, p) => {
        const distinct = part.members.length;
        // A member is asked once, and answers in every draw that it is part of.
        for (let m = 0; m < Math.min(distinct, draws); m++) {
          const { from: tree, trees } = members[m][p];
          this.kernels.call.sumBlock(root + tree - first, trees, length);
          for (let i = 0; i < length; i++) {
            const answer = part.weight * inverseLink(part.link, part.base + sums[i]);
            for (let d = m; d < draws; d += distinct) out[d * count + from + i] += answer;
          }
        }
      });
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

/** A part, the place of its first root, its first tree and how many it has. */
interface PartRange {
  readonly part: Part;
  readonly root: number;
  readonly tree: number;
  readonly trees: number;
}

function rangesOf(parts: readonly Part[]): PartRange[] {
  let [root, tree] = [0, 0];
  return parts.map((part) => {
    const range = { part, root, tree, trees: treesOf(part) };
    root += rootsOf(part);
    tree += range.trees;
    return range;
  });
}
