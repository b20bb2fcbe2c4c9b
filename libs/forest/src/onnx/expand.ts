/*
 * From an ONNX ensemble to a Forest, one tree at a time, from its root down.
 *
 * ONNX trees are nearly ours: what differs is that several tests may lead to one node (a chain of
 * tests on a category), and that one test may cut the number line twice. So the way down carries
 * the interval that each feature is still in, and leaves out tests that are settled: a chain
 * x = 1, x = 2, … becomes as many cuts, not as many doublings. Nodes with several parents are
 * written once for each; a budget bounds that. Chains on a feature that the schema calls
 * categorical become the set of categories they stand for.
 */
import { importInvalid, importUnsupported, TreeDraft } from '../exchange/assemble.js';
import type { Schema } from '../data/schema.js';
import { CategoryChains, type SetTest } from './chains.js';
import type { Ensemble } from './ensemble.js';
import { parentsOf, rootOf } from './links.js';
import { segmentsOf, type SegmentedTest } from './segments.js';

/** Nodes written for each node listed, before giving up. */
const GROWTH = 64;

/** The bit set of 0 … count − 1. */
function allPlaces(count: number): Uint32Array {
  const all = new Uint32Array((count + 31) >>> 5).fill(0xffffffff);
  if (count % 32 > 0) all[all.length - 1] = 2 ** (count % 32) - 1;
  return all;
}

function tooManyNodes(): never {
  return importUnsupported(
    'its nodes have so many parents that its trees outgrow it: if they test categories, ' +
      'name the feature categorical in options.schema',
  );
}

/** Drafts the trees of an ensemble, one at a time. */
export class EnsembleReader {
  private readonly parents: Int32Array;
  private readonly chains: CategoryChains;
  private budget: number;
  private draft = new TreeDraft();
  /** By feature, on the way down: its numbers are in (above, upTo]; NaN above: from −∞ on. */
  private readonly above: Float64Array;
  private readonly upTo: Float64Array;
  private readonly mayMiss: boolean[];
  /** By categorical feature: the bit set of places it may still be. */
  private readonly places: Uint32Array[];

  constructor(
    private readonly ensemble: Ensemble,
    private readonly schema: Schema,
  ) {
    const { length } = schema.features;
    this.parents = parentsOf(ensemble);
    this.chains = new CategoryChains(ensemble, this.parents);
    this.budget = 1024 + GROWTH * ensemble.mode.length;
    this.above = new Float64Array(length).fill(NaN);
    this.upTo = new Float64Array(length).fill(Infinity);
    this.mayMiss = new Array<boolean>(length).fill(true);
    this.places = schema.features.map((feature) =>
      feature.kind === 'categorical' ? allPlaces(feature.categories.length) : new Uint32Array(0),
    );
  }

  /** Drafts the tree made of these nodes. */
  read(nodes: readonly number[]): TreeDraft {
    this.draft = new TreeDraft();
    this.expand(rootOf(this.ensemble, nodes, this.parents), 0);
    return this.draft;
  }

  /** Writes what is below node `source` of the ensemble to node `at` of the draft. */
  private expand(source: number, at: number): void {
    const { ensemble, schema } = this;
    // Settled tests are passed by in a loop: only what is written may deepen the recursion.
    for (let node = source; ;) {
      if (--this.budget < 0) tooManyNodes();
      if (ensemble.mode[node] === null) {
        this.draft.leaf(at, ensemble.weight[node]);
        return;
      }
      const f = ensemble.feature[node];
      if (f < 0 || f >= schema.features.length) importInvalid(`a node tests feature ${f}`);
      const feature = schema.features[f];
      const settled =
        feature.kind === 'categorical'
          ? this.expandChain(this.chains.read(node, feature.categories.length), at, f)
          : this.expandNumeric(this.testOf(node), at, f);
      if (settled === null) return;
      node = settled;
    }
  }

  /** @returns null, or the only node that the test leads to if it has nothing to tell apart */
  private expandChain(
    { set, missingLeft, left, right }: SetTest,
    at: number,
    f: number,
  ): number | null {
    const places = this.places[f];
    const mayMiss = this.mayMiss[f];
    const inside = places.map((word, i) => word & set[i]);
    const outside = places.map((word, i) => word & ~set[i]);
    const comesLeft = (mayMiss && missingLeft) || inside.some(Boolean);
    const comesRight = (mayMiss && !missingLeft) || outside.some(Boolean);
    if (left === right || !comesRight) return left;
    if (!comesLeft) return right;
    const child = this.draft.splitSet(at, f, set, missingLeft);
    this.places[f] = inside;
    this.mayMiss[f] = mayMiss && missingLeft;
    this.expand(left, child);
    this.places[f] = outside;
    this.mayMiss[f] = mayMiss && !missingLeft;
    this.expand(right, child + 1);
    this.places[f] = places;
    this.mayMiss[f] = mayMiss;
    return null;
  }

  private testOf(node: number): SegmentedTest {
    const { mode, threshold, rounds, ifTrue, ifFalse, missingTrue } = this.ensemble;
    return segmentsOf(
      mode[node]!,
      threshold[node],
      rounds,
      ifTrue[node],
      ifFalse[node],
      missingTrue[node],
    );
  }

  /** @returns null, or the only node that the test leads to if it has nothing to tell apart */
  private expandNumeric(
    { segments, missing }: SegmentedTest,
    at: number,
    f: number,
  ): number | null {
    const open = this.openSegments(segments, f);
    const targets = new Set(open.map((i) => segments[i].target));
    const missingTarget = segments[missing].target;
    // Where missing values go along with numbers, they join their segment or its like.
    const joined = [missing, ...open].find(
      (i) => open.includes(i) && segments[i].target === missingTarget,
    );
    const mayMiss = this.mayMiss[f];
    if (mayMiss) targets.add(missingTarget);
    if (targets.size === 1) return [...targets][0];
    if (!mayMiss || joined !== undefined) {
      this.expandSegments(segments, open, mayMiss ? joined! : -1, at, f);
      return null;
    }
    const child = this.draft.split(at, f, Infinity, false);
    const above = this.above[f];
    this.mayMiss[f] = false;
    this.expandSegments(segments, open, -1, child, f);
    this.mayMiss[f] = true;
    this.above[f] = Infinity;
    this.expand(missingTarget, child + 1);
    this.above[f] = above;
    return null;
  }

  /** The segments that hold numbers the feature may still be. */
  private openSegments(segments: SegmentedTest['segments'], f: number): number[] {
    const upTo = this.upTo[f];
    let above = this.above[f];
    const open: number[] = [];
    segments.forEach(({ bound }, i) => {
      const end = Math.min(bound, upTo);
      if (Number.isNaN(end) || above >= end) return;
      open.push(i);
      above = end;
    });
    return open;
  }

  /** One cut after each open segment but the last; missing values go with segment `missing`. */
  private expandSegments(
    segments: SegmentedTest['segments'],
    open: readonly number[],
    missing: number,
    at: number,
    f: number,
  ): void {
    const [first, ...rest] = open;
    const { bound, target } = segments[first];
    if (rest.length === 0) {
      this.expand(target, at);
      return;
    }
    const above = this.above[f];
    const upTo = this.upTo[f];
    const mayMiss = this.mayMiss[f];
    const missingLeft = missing === first;
    const child = this.draft.split(at, f, bound, missingLeft);
    this.upTo[f] = bound;
    this.mayMiss[f] = mayMiss && missingLeft;
    this.expand(target, child);
    this.upTo[f] = upTo;
    this.above[f] = bound;
    this.mayMiss[f] = mayMiss && !missingLeft;
    this.expandSegments(segments, rest, missing, child + 1, f);
    this.above[f] = above;
    this.mayMiss[f] = mayMiss;
  }
}
