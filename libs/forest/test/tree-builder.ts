import type { Tree } from '../src/trees/tree.js';

/** Builds a tree node by node, in arrays that grow. */
export class TreeBuilder {
  nodes = 1;
  private capacity: number;
  private feature: Int16Array;
  private cut: Int32Array;
  private left: Int32Array;
  private missingLeft: Uint8Array;
  private value: Float64Array;
  private cover: Float64Array;
  private gain: Float64Array;
  private sets = new Uint32Array(0);
  private setWords = 0;

  constructor(capacity = 256) {
    this.capacity = capacity;
    this.feature = new Int16Array(capacity).fill(-1);
    this.cut = new Int32Array(capacity);
    this.left = new Int32Array(capacity);
    this.missingLeft = new Uint8Array(capacity);
    this.value = new Float64Array(capacity);
    this.cover = new Float64Array(capacity);
    this.gain = new Float64Array(capacity);
  }

  describe(node: number, value: number, cover: number): void {
    this.value[node] = value;
    this.cover[node] = cover;
  }

  /** Makes `node` an inner node and returns its left child; the right one is next to it. */
  split(node: number, feature: number, cut: number, missingLeft: boolean, gain: number): number {
    if (this.nodes + 2 > this.capacity) this.enlarge();
    const left = this.nodes;
    this.nodes += 2;
    this.feature[node] = feature;
    this.cut[node] = cut;
    this.left[node] = left;
    this.missingLeft[node] = +missingLeft;
    this.gain[node] = gain;
    return left;
  }

  /** Stores a categorical node's left set; the returned place is the node's `cut`. */
  addSet(set: Uint32Array): number {
    const at = this.setWords;
    if (at + set.length > this.sets.length) {
      const larger = new Uint32Array(Math.max(64, 2 * (at + set.length)));
      larger.set(this.sets);
      this.sets = larger;
    }
    this.sets.set(set, at);
    this.setWords += set.length;
    return at;
  }

  finish(): Tree {
    const { nodes } = this;
    return {
      nodes,
      feature: this.feature.slice(0, nodes),
      cut: this.cut.slice(0, nodes),
      left: this.left.slice(0, nodes),
      missingLeft: this.missingLeft.slice(0, nodes),
      value: this.value.slice(0, nodes),
      cover: this.cover.slice(0, nodes),
      gain: this.gain.slice(0, nodes),
      sets: this.sets.slice(0, this.setWords),
    };
  }

  /** Makes the builder ready for the next tree; its memory is kept. */
  reset(): void {
    this.feature.fill(-1, 0, this.nodes);
    this.left.fill(0, 0, this.nodes);
    this.cut.fill(0, 0, this.nodes);
    this.missingLeft.fill(0, 0, this.nodes);
    this.gain.fill(0, 0, this.nodes);
    this.nodes = 1;
    this.setWords = 0;
  }

  private enlarge(): void {
    const used = this.capacity;
    this.capacity *= 2;
    const grown = <T extends { set(from: T): void }>(larger: T, from: T): T => {
      larger.set(from);
      return larger;
    };
    this.feature = grown(new Int16Array(this.capacity).fill(-1, used), this.feature);
    this.cut = grown(new Int32Array(this.capacity), this.cut);
    this.left = grown(new Int32Array(this.capacity), this.left);
    this.missingLeft = grown(new Uint8Array(this.capacity), this.missingLeft);
    this.value = grown(new Float64Array(this.capacity), this.value);
    this.cover = grown(new Float64Array(this.capacity), this.cover);
    this.gain = grown(new Float64Array(this.capacity), this.gain);
  }
}
