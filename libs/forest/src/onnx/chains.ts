/*
 * Tests of a category. A converter writes "one of these categories" as a chain
 *
 *   x = 2 ──true──▶ A
 *     └─false─▶ x = 5 ──true──▶ A
 *                 └─false─▶ x = 7 ──true──▶ A
 *                             └─false─▶ B
 *
 * or as a search tree whose exits lead to A and B again and again. Either is one test here: a set
 * of places goes left. It reaches as far as nodes test the same feature, have no other parent,
 * and the places that enter at the top leave at two nodes at most.
 */
import { importUnsupported } from '../exchange/assemble.js';
import type { BranchMode, Ensemble } from './ensemble.js';

/** Categories in `set` go left, and missing ones where `missingLeft` says. */
export interface SetTest {
  readonly set: Uint32Array;
  readonly missingLeft: boolean;
  readonly left: number;
  readonly right: number;
}

/** By node that places leave to: those places. */
type Exits = Map<number, number[]>;

/** Comparisons allowed for all tests together: seconds, not minutes. */
const MAX_STEPS = 2 ** 30;

export class CategoryChains {
  private steps = 0;

  constructor(
    private readonly ensemble: Ensemble,
    private readonly parents: Int32Array,
  ) {}

  /** The farthest-reaching test from node `first` on, of `categories` places. */
  read(first: number, categories: number): SetTest {
    const whole = this.follow(first, categories, (node) => this.goesOn(first, node));
    if (whole !== null) return setTest(whole.exits, whole.missing, categories);
    const chain = new Set(this.chainFrom(first));
    const { exits, missing } = this.follow(first, categories, (node) => chain.has(node))!;
    return setTest(exits, missing, categories);
  }

  private goesOn(first: number, node: number): boolean {
    const { mode, feature } = this.ensemble;
    return mode[node] !== null && feature[node] === feature[first] && this.parents[node] === 1;
  }

  /** Sends all places and a missing value through; null if they leave to more than two nodes. */
  private follow(
    first: number,
    categories: number,
    goesOn: (node: number) => boolean,
  ): { exits: Exits; missing: number } | null {
    const { mode, threshold, ifTrue, ifFalse, missingTrue } = this.ensemble;
    const all = Array.from({ length: categories }, (_, place) => place);
    const exits: Exits = new Map();
    let missing = -1;
    const stack: [node: number, places: number[], misses: boolean][] = [[first, all, true]];
    for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
      const [node, places, misses] = next;
      this.count(1 + places.length);
      if (places.length === 0 && !misses) continue;
      if (node === first || goesOn(node)) {
        const test = (place: number): boolean => compare(mode[node]!, place, threshold[node]);
        // NaN differs from every threshold, whatever the node says of missing values.
        const toTrue = missingTrue[node] || mode[node] === 'BRANCH_NEQ';
        stack.push(
          [ifFalse[node], places.filter((place) => !test(place)), misses && !toTrue],
          [ifTrue[node], places.filter(test), misses && toTrue],
        );
        continue;
      }
      if (misses) missing = node;
      const known = exits.get(node);
      if (known === undefined) exits.set(node, places);
      else for (const place of places) known.push(place);
      if (exits.size > 2) return null;
    }
    return { exits, missing };
  }

  /** The longest chain of false links whose links leave to two nodes at most. */
  private chainFrom(first: number): number[] {
    const { ifTrue, ifFalse } = this.ensemble;
    const chain: number[] = [];
    const exits = new Set<number>();
    let longest = 1;
    for (let node = first; ; node = ifFalse[node]) {
      this.count(1);
      chain.push(node);
      exits.add(ifTrue[node]);
      if (exits.size > 2) break;
      const next = ifFalse[node];
      if (exits.size < 2 || exits.has(next)) longest = chain.length;
      if (!this.goesOn(first, next)) break;
    }
    return chain.slice(0, longest);
  }

  private count(steps: number): void {
    this.steps += steps;
    if (this.steps > MAX_STEPS) importUnsupported('its tests of categories are too long');
  }
}

function setTest(exits: Exits, missing: number, categories: number): SetTest {
  const [left, right = left] = exits.keys();
  const set = new Uint32Array((categories + 31) >>> 5);
  for (const place of exits.get(left)!) set[place >>> 5] |= 1 << (place & 31);
  return { set, missingLeft: missing === left, left, right };
}

function compare(mode: BranchMode, x: number, threshold: number): boolean {
  switch (mode) {
    case 'BRANCH_LEQ':
      return x <= threshold;
    case 'BRANCH_LT':
      return x < threshold;
    case 'BRANCH_GTE':
      return x >= threshold;
    case 'BRANCH_GT':
      return x > threshold;
    case 'BRANCH_EQ':
      return x === threshold;
    case 'BRANCH_NEQ':
      return x !== threshold;
  }
}
