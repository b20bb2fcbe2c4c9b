/*
 * Lays trees out as packed nodes, in the memory of the kernels that walk them (kernels/walk.ts).
 */
import { codeGoesLeft, type CellSpace } from './cells.js';
import { Kernels, newMemory, type KernelMemory } from '../kernels/kernels.js';
import { treesOf, type Part } from '../trees/parts.js';
import type { Tree } from '../trees/tree.js';

/** Slots of a row, at most: their places in bytes fit into 16 bits. */
const MAX_SLOTS = 2 ** 15 - 8;
/** Bytes of the sides of all sets, at most; a walk by codes is not that much slower. */
const MAX_SIDE_BYTES = 2 ** 26;
/** Nodes of a line of the cache. */
const LINE = 8;
/** Walks that go on at a time. */
const LANES = 8;
/** No slot is above it. */
const NEVER = 0xffff;

/** The slots of a feature's distinct sets: 0 where a row's category goes left, else 1. */
export interface SetSlots {
  /** The first slot, in a row. */
  readonly at: number;
  /** How many, rounded up to a multiple of 8. */
  readonly slots: number;
  /** Where what they hold is, code after code. */
  readonly sides: number;
}

/** The nodes of all trees; addresses are those of the memory. */
export interface PackedNodes {
  readonly memory: KernelMemory;
  /** The kernels, compiled. */
  readonly module: object;
  /** What is made of the trees. */
  readonly parts: readonly Part[];
  readonly nodes: number;
  /** By node. */
  readonly values: number;
  /**
   * Address of the root of every tree, those of a part padded to whole groups by repeating the last.
   */
  readonly roots: number;
  /** Slots of a row. */
  readonly slots: number;
  /** By feature. */
  readonly sets: readonly SetSlots[];
}

/**
 * @param shared may another thread walk them?
 * @returns null if there are too many distinct sets of categories for a slot each
 */
export function packTrees(
  cells: CellSpace,
  parts: readonly Part[],
  trees: readonly Tree[],
  shared = false,
): PackedNodes | null {
  const features = cells.bins.map((_, f) => new FeatureSets(cells, f));
  const places: Uint16Array[] = [];
  for (const tree of trees) {
    const placed = placeSets(tree, cells, features);
    if (placed === null) return null;
    places.push(placed);
  }
  // A tree may take a sibling of its root more, and what is left of its last line.
  const count = trees.reduce((sum, { nodes }) => sum + Math.ceil((nodes + 1) / LINE) * LINE, 0);
  const kernels = new Kernels(newMemory(16 * count, shared));
  const sets: SetSlots[] = [];
  let slots = roundUp(2 * features.length);
  for (const feature of features) {
    sets.push({ at: slots, slots: feature.slots, sides: feature.writeSides(kernels) });
    slots += feature.slots;
  }
  const nodes = kernels.room(Uint32Array, 2 * count);
  const values = kernels.room(Float64Array, count);
  const padded = parts.reduce((sum, part) => sum + rootsOf(part), 0);
  const roots = kernels.room(Uint32Array, padded);
  const packing = new Packing(
    cells,
    sets,
    nodes,
    kernels.at(Uint32Array, nodes, 2 * count),
    kernels.at(Float64Array, values, count),
  );
  const rootPlaces = kernels.at(Uint32Array, roots, padded);
  let [next, t, root] = [0, 0, 0];
  for (const part of parts) {
    const first = root;
    for (const end = t + treesOf(part); t < end; t++, root++) {
      rootPlaces[root] = nodes + 8 * next;
      next = packing.layTree(trees[t], places[t], next);
    }
    const last = rootPlaces[root - 1];
    root = first + rootsOf(part);
    rootPlaces.fill(last, first + treesOf(part), root);
  }
  const { memory, module } = kernels;
  return { memory, module, parts, nodes, values, roots, slots, sets };
}

/** Roots of a part's trees, in whole groups. */
export function rootsOf(part: Part): number {
  return Math.ceil(treesOf(part) / LANES) * LANES;
}

/** A whole number of vectors of slots. */
function roundUp(slots: number): number {
  return Math.ceil(slots / 8) * 8;
}

function fits(cells: CellSpace, features: readonly FeatureSets[]): boolean {
  let slots = roundUp(2 * features.length);
  let bytes = 0;
  features.forEach((feature, f) => {
    slots += feature.slots;
    bytes += 2 * feature.slots * cells.sizes[f];
  });
  return slots <= MAX_SLOTS && bytes <= MAX_SIDE_BYTES;
}

/** By categorical node of a tree: the place of its set among those of its feature. null: too many. */
function placeSets(
  tree: Tree,
  cells: CellSpace,
  features: readonly FeatureSets[],
): Uint16Array | null {
  const places = new Uint16Array(tree.nodes);
  for (let node = 0; node < tree.nodes; node++) {
    const f = tree.feature[node];
    if (f < 0 || !features[f].categorical) continue;
    const before = features[f].slots;
    places[node] = features[f].placeOf(tree, node);
    if (features[f].slots > before && !fits(cells, features)) return null;
  }
  return places;
}

/** The distinct sets of one feature. */
class FeatureSets {
  readonly categorical: boolean;
  /** By set: a node that has it. */
  private readonly list: { readonly tree: Tree; readonly node: number }[] = [];
  private readonly places = new Map<string, number>();
  private readonly codes: number;
  private readonly words: number;

  constructor(
    private readonly cells: CellSpace,
    f: number,
  ) {
    const { categorical, bins } = cells.bins[f];
    this.categorical = categorical;
    this.codes = cells.sizes[f];
    this.words = (bins + 31) >>> 5;
  }

  get slots(): number {
    return roundUp(this.list.length);
  }

  placeOf(tree: Tree, node: number): number {
    const at = tree.cut[node];
    const key = `${tree.sets.subarray(at, at + this.words).join()} ${tree.missingLeft[node]}`;
    let place = this.places.get(key);
    if (place === undefined) {
      place = this.list.push({ tree, node }) - 1;
      this.places.set(key, place);
    }
    return place;
  }

  /** Writes what the slots hold, code after code; the address. */
  writeSides(kernels: Kernels): number {
    const { list, slots, codes } = this;
    const address = kernels.room(Uint16Array, slots * codes);
    const sides = kernels.at(Uint16Array, address, slots * codes);
    list.forEach(({ tree, node }, set) => {
      for (let code = 0; code < codes; code++) {
        sides[code * slots + set] = +!codeGoesLeft(this.cells, tree, node, code);
      }
    });
    return address;
  }
}

class Packing {
  constructor(
    private readonly cells: CellSpace,
    private readonly sets: readonly SetSlots[],
    private readonly address: number,
    private readonly nodes: Uint32Array,
    private readonly values: Float64Array,
  ) {}

  /**
   * Writes a tree from place `base`, the beginning of a line of the cache, on. Siblings are a pair, and
   * a line holds four pairs: one, the children of its two, and some of their children, so that a walk
   * that gets a line makes two or three steps in it. The root's sibling is nobody.
   * @returns the place behind the tree
   */
  layTree(tree: Tree, places: Uint16Array, base: number): number {
    const place = new Uint32Array(tree.nodes);
    const waiting = [0];
    let next = base;
    for (let w = 0; w < waiting.length; w++) {
      // A family fills the line; who finds no room in it begins another.
      const family = [waiting[w]];
      for (let i = 0; i < family.length; i++) {
        const first = family[i];
        if (i > 0 && next % LINE === 0) {
          waiting.push(first);
          continue;
        }
        place[first] = next;
        if (first > 0) place[first + 1] = next + 1;
        next += 2;
        for (let node = first; node < (first > 0 ? first + 2 : 1); node++) {
          if (tree.feature[node] >= 0) family.push(tree.left[node]);
        }
      }
    }
    for (let node = 0; node < tree.nodes; node++) {
      this.values[place[node]] = tree.value[node];
      if (tree.feature[node] < 0) this.layNode(place[node], 0, NEVER, place[node]);
      else this.layTest(tree, node, places[node], place[node], place[tree.left[node]]);
    }
    return Math.ceil(next / LINE) * LINE;
  }

  private layTest(tree: Tree, node: number, set: number, place: number, child: number): void {
    const f = tree.feature[node];
    if (this.cells.bins[f].categorical) {
      this.layNode(place, this.sets[f].at + set, 0, child);
      return;
    }
    const cut = this.cells.cutPlace(f, tree.cut[node]);
    if (tree.missingLeft[node] === 1) this.layNode(place, 2 * f + 1, cut + 1, child);
    else this.layNode(place, 2 * f, cut, child);
  }

  private layNode(place: number, slot: number, cut: number, child: number): void {
    this.nodes[2 * place] = (cut << 16) | (2 * slot);
    this.nodes[2 * place + 1] = this.address + 8 * child;
  }
}
