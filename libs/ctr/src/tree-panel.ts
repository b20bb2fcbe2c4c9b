/*
 * What every tree says of a row, not only their mean: the spread of the trees is what the model's
 * error is judged by, and differences between rows are judged tree by tree.
 *
 * Two numbers a node, and no branch in the walk:
 *
 *   nodes[2n]      slot << 16 | limit     goes right when slots[slot] > limit
 *   nodes[2n + 1]  left child             the right one is next to it
 *   leaf           limit 65535, child n   no code is above 65535: a leaf leads to itself
 *
 * A row is coded once into slots: two a numeric feature (missing above all codes where it goes
 * right, below all where it goes left) and one a distinct set of categories, 0 left and 1 right.
 * A tree takes all rows, four at a time, before the next one: it stays in the nearest cache, and
 * the four chains of loads overlap.
 */
import type { Forest } from '@adscale/forest';

type Tree = Forest['trees'][number];

const LANES = 4;
const NEVER = 0xffff;

/** A set of categories that some node sends left. */
interface CategorySet {
  readonly feature: number;
  readonly words: Uint32Array;
  readonly missingLeft: boolean;
}

/** The trees of a forest (at most `MAX_TREES` of them), laid out to be asked one by one. */
export class TreePanel {
  /** How many trees answer. */
  readonly trees: number;
  private readonly nodes: Int32Array;
  private readonly values: Float64Array;
  private readonly roots: Int32Array;
  private readonly depths: Int32Array;
  private readonly sets: CategorySet[] = [];
  private readonly setSlots = new Map<string, number>();
  private readonly slotCount: number;

  /** More trees than this tell the spread no better: it is known to a twentieth at 200. */
  static readonly MAX_TREES = 200;

  constructor(private readonly forest: Forest) {
    const trees = forest.trees.slice(0, TreePanel.MAX_TREES);
    this.trees = trees.length;
    const total = trees.reduce((sum, tree) => sum + tree.nodes, 0);
    this.nodes = new Int32Array(2 * total);
    this.values = new Float64Array(total);
    this.roots = new Int32Array(trees.length);
    this.depths = new Int32Array(trees.length);
    let base = 0;
    trees.forEach((tree, t) => {
      this.roots[t] = base;
      this.depths[t] = this.lay(tree, base);
      base += tree.nodes;
    });
    this.slotCount = 2 * forest.bins.length + this.sets.length;
  }

  /**
   * What each tree predicts at rows of numbers in schema order, before any calibration.
   * @param rows row after row, `count * features` numbers
   * @param trees how many of the trees to ask, from the first; all of the panel's by default
   * @returns tree after tree, `trees * count` numbers
   */
  predict(rows: Float64Array, count: number, trees = this.trees): Float64Array {
    const padded = Math.ceil(count / LANES) * LANES;
    const slots = new Int32Array(padded * this.slotCount);
    const width = this.forest.bins.length;
    for (let i = 0; i < padded; i++) {
      // The last row stands in for those that are missing from its group.
      this.fillSlots(rows, Math.min(i, count - 1) * width, slots, i * this.slotCount);
    }
    const out = new Float64Array(trees * count);
    for (let t = 0; t < trees; t++) this.walk(t, slots, count, out);
    return out;
  }

  private walk(t: number, slots: Int32Array, count: number, out: Float64Array): void {
    const { nodes, values, slotCount } = this;
    const root = this.roots[t];
    const steps = this.depths[t];
    for (let i = 0, at = 0; i < count; i += LANES, at += LANES * slotCount) {
      const atB = at + slotCount;
      const atC = atB + slotCount;
      const atD = atC + slotCount;
      let a = root;
      let b = root;
      let c = root;
      let d = root;
      for (let step = steps; step > 0; step--) {
        const testA = nodes[2 * a];
        const testB = nodes[2 * b];
        const testC = nodes[2 * c];
        const testD = nodes[2 * d];
        a = nodes[2 * a + 1] + +(slots[at + (testA >>> 16)] > (testA & NEVER));
        b = nodes[2 * b + 1] + +(slots[atB + (testB >>> 16)] > (testB & NEVER));
        c = nodes[2 * c + 1] + +(slots[atC + (testC >>> 16)] > (testC & NEVER));
        d = nodes[2 * d + 1] + +(slots[atD + (testD >>> 16)] > (testD & NEVER));
      }
      const to = t * count + i;
      out[to] = values[a];
      if (i + 1 < count) out[to + 1] = values[b];
      if (i + 2 < count) out[to + 2] = values[c];
      if (i + 3 < count) out[to + 3] = values[d];
    }
  }

  private fillSlots(rows: Float64Array, from: number, slots: Int32Array, to: number): void {
    const { bins } = this.forest;
    for (let f = 0; f < bins.length; f++) {
      const code = codeOf(bins[f], rows[from + f]);
      slots[to + 2 * f] = code;
      slots[to + 2 * f + 1] = code === bins[f].bins ? 0 : code + 1;
    }
    for (let s = 0, slot = to + 2 * bins.length; s < this.sets.length; s++, slot++) {
      const { feature, words, missingLeft } = this.sets[s];
      const code = slots[to + 2 * feature];
      const isLeft =
        code === bins[feature].bins ? +missingLeft : (words[code >>> 5] >>> (code & 31)) & 1;
      slots[slot] = 1 - isLeft;
    }
  }

  /** Copies a tree to `base`; returns its depth. Children come after their parents. */
  private lay(tree: Tree, base: number): number {
    const { nodes, values } = this;
    const depths = new Int32Array(tree.nodes);
    let deepest = 0;
    for (let node = 0; node < tree.nodes; node++) {
      const at = 2 * (base + node);
      values[base + node] = tree.value[node];
      if (tree.feature[node] < 0) {
        nodes[at] = NEVER;
        nodes[at + 1] = base + node;
        continue;
      }
      nodes[at] = this.testOf(tree, node);
      const left = tree.left[node];
      nodes[at + 1] = base + left;
      depths[left] = depths[left + 1] = depths[node] + 1;
      deepest = Math.max(deepest, depths[left]);
    }
    return deepest;
  }

  /** The slot that a node looks at, and the limit up to which it sends left. */
  private testOf(tree: Tree, node: number): number {
    const f = tree.feature[node];
    const cut = tree.cut[node];
    const missingLeft = tree.missingLeft[node] === 1;
    const { categorical, bins } = this.forest.bins[f];
    if (!categorical) return missingLeft ? pack(2 * f + 1, cut + 1) : pack(2 * f, cut);
    const words = tree.sets.slice(cut, cut + Math.ceil(bins / 32));
    const key = `${f} ${missingLeft} ${words.join()}`;
    let slot = this.setSlots.get(key);
    if (slot === undefined) {
      slot = 2 * this.forest.bins.length + this.sets.length;
      this.setSlots.set(key, slot);
      this.sets.push({ feature: f, words, missingLeft });
    }
    return pack(slot, 0);
  }
}

function pack(slot: number, limit: number): number {
  return (slot << 16) | limit;
}

/** The code of a number: how many cuts lie below it; `bins` for what is missing. */
export function codeOf({ categorical, cuts, bins }: Forest['bins'][number], x: number): number {
  if (categorical) return x >= 0 && x < bins ? Math.floor(x) : bins;
  if (Number.isNaN(x)) return bins;
  let low = 0;
  let high = cuts.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (cuts[middle] < x) low = middle + 1;
    else high = middle;
  }
  return low;
}
