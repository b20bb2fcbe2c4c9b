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
 * Trees are stored breadth first, and walked four at a time for a fixed number of steps: the four
 * chains of loads overlap, and no step waits for a guess. Leaves are added in tree order, which
 * is the plain walk's.
 */
import type { CellSpace } from './cells.js';
import { codeGoesLeft } from './table.js';
import type { Tree } from './tree.js';

/** More distinct sets of categories than this take longer to fill in than to look up. */
const MAX_SET_SLOTS = 1024;

const LANES = 4;
const NEVER = 0xffff;

/** A slot that tells which side a categorical node's set puts a row on. */
interface SetSlot {
  readonly feature: number;
  /** By code, missing last: 0 left, 1 right. */
  readonly side: Uint8Array;
}

export class PackedForest {
  private readonly nodes: Int32Array;
  private readonly values: Float64Array;
  /** Root of every tree, padded to whole groups of four by repeating the last. */
  private readonly roots: Int32Array;
  /** Steps that take every tree of a group to a leaf. */
  private readonly steps: Int32Array;
  private readonly slots: Int32Array;
  private readonly setSlots: SetSlot[] = [];

  /** @returns null if there are too many distinct sets of categories for a slot each */
  static build(cells: CellSpace, trees: readonly Tree[]): PackedForest | null {
    const packed = new PackedForest(cells, trees);
    return packed.setSlots.length > MAX_SET_SLOTS ? null : packed;
  }

  private constructor(
    private readonly cells: CellSpace,
    private readonly trees: readonly Tree[],
  ) {
    const count = trees.reduce((sum, tree) => sum + tree.nodes, 0);
    this.nodes = new Int32Array(2 * count);
    this.values = new Float64Array(count);
    const groups = Math.ceil(trees.length / LANES);
    this.roots = new Int32Array(groups * LANES);
    this.steps = new Int32Array(groups);
    const known = new Map<string, number>();
    let next = 0;
    trees.forEach((tree, t) => {
      this.roots[t] = next;
      const depth = this.layTree(tree, next, known);
      const group = Math.floor(t / LANES);
      this.steps[group] = Math.max(this.steps[group], depth);
      next += tree.nodes;
    });
    this.roots.fill(this.roots[trees.length - 1], trees.length);
    this.slots = new Int32Array(2 * cells.sizes.length + this.setSlots.length);
  }

  /** The mean of the trees at the row of numbers that begins at `at`. */
  predict(rows: ArrayLike<number>, at = 0): number {
    this.fillSlots(rows, at);
    const { nodes, values, roots, steps, slots } = this;
    const trees = this.trees.length;
    let sum = 0;
    for (let group = 0, t = 0; group < steps.length; group++, t += LANES) {
      let a = roots[t];
      let b = roots[t + 1];
      let c = roots[t + 2];
      let d = roots[t + 3];
      for (let step = steps[group]; step > 0; step--) {
        const testA = nodes[2 * a];
        const testB = nodes[2 * b];
        const testC = nodes[2 * c];
        const testD = nodes[2 * d];
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

  private fillSlots(rows: ArrayLike<number>, at: number): void {
    const { cells, slots, setSlots } = this;
    const width = cells.sizes.length;
    for (let f = 0; f < width; f++) {
      if (cells.sizes[f] === 1) continue;
      const code = cells.codeOf(f, rows[at + f]);
      slots[2 * f] = code;
      slots[2 * f + 1] = code === cells.bins[f].bins ? 0 : code + 1;
    }
    for (let i = 0; i < setSlots.length; i++) {
      const { feature, side } = setSlots[i];
      slots[2 * width + i] = side[slots[2 * feature]];
    }
  }

  /** Writes a tree breadth first from place `base` on; returns its depth. */
  private layTree(tree: Tree, base: number, known: Map<string, number>): number {
    let level = [0];
    let place = base;
    let depth = -1;
    for (; level.length > 0; depth++) {
      const below: number[] = [];
      const firstBelow = place + level.length;
      for (const node of level) {
        this.values[place] = tree.value[node];
        if (tree.feature[node] < 0) {
          this.nodes[2 * place] = NEVER;
          this.nodes[2 * place + 1] = place;
        } else {
          this.nodes[2 * place] = this.testOf(tree, node, known);
          this.nodes[2 * place + 1] = firstBelow + below.length;
          below.push(tree.left[node], tree.left[node] + 1);
        }
        place++;
      }
      level = below;
    }
    return depth;
  }

  private testOf(tree: Tree, node: number, known: Map<string, number>): number {
    const f = tree.feature[node];
    if (this.cells.bins[f].categorical) return this.setSlotOf(tree, node, known) << 16;
    const place = this.cells.cutPlace(f, tree.cut[node]);
    return tree.missingLeft[node] === 1
      ? ((2 * f + 1) << 16) | (place + 1)
      : ((2 * f) << 16) | place;
  }

  private setSlotOf(tree: Tree, node: number, known: Map<string, number>): number {
    const feature = tree.feature[node];
    const side = Uint8Array.from(
      { length: this.cells.sizes[feature] },
      (_, code) => +!codeGoesLeft(this.cells, tree, node, code),
    );
    const key = `${feature}:${side.join('')}`;
    let slot = known.get(key);
    if (slot === undefined) {
      if (this.setSlots.length > MAX_SET_SLOTS) return 0;
      slot = 2 * this.cells.sizes.length + this.setSlots.length;
      this.setSlots.push({ feature, side });
      known.set(key, slot);
    }
    return slot;
  }
}
