/*
 * Lays trees out as the packed nodes that packed.ts walks.
 */
import type { CellSpace } from './cells.js';
import { MAX_SET_SLOTS, NEVER, LANES, type PackedNodes, type SetSlot } from './packed.js';
import { codeGoesLeft } from './table.js';
import type { Tree } from '../trees/tree.js';

/** @returns null if there are too many distinct sets of categories for a slot each */
export function packTrees(cells: CellSpace, trees: readonly Tree[]): PackedNodes | null {
  const { nodes, values, roots, setSlots } = new Packing(cells, trees);
  if (setSlots.length > MAX_SET_SLOTS) return null;
  return { trees: trees.length, nodes, values, roots, setSlots };
}

class Packing {
  readonly nodes: Int32Array;
  readonly values: Float64Array;
  readonly roots: Int32Array;
  readonly setSlots: SetSlot[] = [];
  private readonly slotOfSet = new Map<string, number>();

  constructor(
    private readonly cells: CellSpace,
    trees: readonly Tree[],
  ) {
    const count = trees.reduce((sum, tree) => sum + tree.nodes, 0);
    this.nodes = new Int32Array(2 * count);
    this.values = new Float64Array(count);
    this.roots = new Int32Array(Math.ceil(trees.length / LANES) * LANES);
    let next = 0;
    trees.forEach((tree, t) => {
      this.roots[t] = next;
      this.layTree(tree, next);
      next += tree.nodes;
    });
    this.roots.fill(this.roots[trees.length - 1], trees.length);
  }

  /** Writes a tree breadth first from place `base` on. */
  private layTree(tree: Tree, base: number): void {
    let level = [0];
    let place = base;
    while (level.length > 0) {
      const below: number[] = [];
      const firstBelow = place + level.length;
      for (const node of level) {
        this.values[place] = tree.value[node];
        if (tree.feature[node] < 0) {
          this.nodes[2 * place] = NEVER;
          this.nodes[2 * place + 1] = place;
        } else {
          this.nodes[2 * place] = this.testOf(tree, node);
          this.nodes[2 * place + 1] = firstBelow + below.length;
          below.push(tree.left[node], tree.left[node] + 1);
        }
        place++;
      }
      level = below;
    }
  }

  private testOf(tree: Tree, node: number): number {
    const f = tree.feature[node];
    if (this.cells.bins[f].categorical) return this.setSlotOf(tree, node) << 16;
    const place = this.cells.cutPlace(f, tree.cut[node]);
    return tree.missingLeft[node] === 1
      ? ((2 * f + 1) << 16) | (place + 1)
      : ((2 * f) << 16) | place;
  }

  private setSlotOf(tree: Tree, node: number): number {
    // Too many already: `packTrees` will discard this packing.
    if (this.setSlots.length > MAX_SET_SLOTS) return 0;
    const feature = tree.feature[node];
    const side = Uint8Array.from(
      { length: this.cells.sizes[feature] },
      (_, code) => +!codeGoesLeft(this.cells, tree, node, code),
    );
    const key = `${feature}:${side.join('')}`;
    let slot = this.slotOfSet.get(key);
    if (slot === undefined) {
      slot = 2 * this.cells.sizes.length + this.setSlots.length;
      this.setSlots.push({ feature, side });
      this.slotOfSet.set(key, slot);
    }
    return slot;
  }
}
