/*
 * Boosts: each tree is grown on the derivatives of the loss at what the trees before it add up to
 * (kernels/boost.ts, losses.ts, margins.ts). A booster may leave a fold of the rows out, which judge it after every
 * tree. What it reads, the sorted records and the folds, threads share.
 */
import { RowBag, type Bag } from './bagging.js';
import { CountedBag } from './counted-bagging.js';
import { bindGrowth, copyTree } from './grower.js';
import type { BoostParameters } from '../data/boost-parameters.js';
import type { BoostLoss } from '../data/parameters.js';
import { countsOf, kernelsOver, type TrainingSet } from '../data/grouping.js';
import type { Kernels } from '../kernels/kernels.js';
import { Random, streams } from '../random.js';
import { logit, type Link } from '../trees/links.js';
import type { Tree } from '../trees/tree.js';

/** Records and, in the same memory, the folds of their rows. */
export interface FoldedSet {
  readonly set: TrainingSet;
  /** Where the folds are, 16 bits a row; 0 if no row is ever left out. */
  readonly folds: number;
}

export const linkOf: Readonly<Record<BoostLoss, Link>> = {
  squared_error: 'identity',
  binomial: 'logit',
  poisson: 'log',
};

/** As kernels/losses.ts numbers them. */
const lossNumbers: Readonly<Record<BoostLoss, number>> = {
  squared_error: 0,
  binomial: 1,
  poisson: 2,
};

/** A mean on the scale of the link, finite. */
export function baseOf(loss: BoostLoss, mean: number): number {
  if (loss === 'binomial') return logit(mean);
  return loss === 'poisson' ? Math.log(Math.max(mean, Number.EPSILON)) : mean;
}

/** Histograms of nodes that wait are kept if they take no more bytes than this. */
const KEPT_BYTES = 2 ** 27;
/** Bytes of a bin. */
const BIN_BYTES = 24;
/** Streams of one booster. */
const ROUNDS = 2 ** 17;
/** Of a target's square: what no leaf needs to save, being rounding errors. */
const NOISE = 1e-24;

/** Boosts one booster after the other in the same memory. */
export class Booster {
  private readonly kernels: Kernels;
  private readonly bag: Bag | null;
  private k = 0;
  private base = 0;
  /** What the booster's own base differs by; the first tree has it. */
  private shift = 0;

  /** @throws ForestError KERNELS_UNAVAILABLE, MEMORY_EXHAUSTED */
  constructor(
    { set, folds }: FoldedSet,
    private readonly parameters: BoostParameters,
  ) {
    const { boosting, sampleFraction, maxLeaves, minGain } = parameters;
    const { loss, l2, categorySmoothing, columnSample } = boosting;
    const kernels = kernelsOver(set);
    const { call } = kernels;
    this.kernels = kernels;
    const counts = set.counted ? countsOf(set) : null;
    this.bag = sampleFraction === 1 ? null : bagOf(kernels, set, counts);
    const rows = counts === null ? set.rows : counts.reduce((sum, count) => sum + count, 0);
    const scale = loss === 'squared_error' ? set.largestTarget : 1;
    const rules = { ...parameters, minGain: Math.max(minGain, NOISE * scale * scale) };
    const leaves = bindGrowth(kernels, set, rules, rows);
    const features = set.bins.length;
    const drawn = columnSample === 1 ? 0 : Math.max(1, Math.round(columnSample * features));
    const bins = set.bins.reduce((sum, feature) => sum + feature.bins + 1, 0);
    const keeps = maxLeaves > 0 && leaves * bins * BIN_BYTES <= KEPT_BYTES;
    call.bindBoosting(l2, categorySmoothing, drawn, keeps);
    call.bindGrower(leaves);
    call.bindLoss(lossNumbers[loss]);
    call.bindBooster(set.rows, folds, set.groups, this.bag !== null);
    call.bindMargins(2 * leaves, Math.max(...set.bins.map((feature) => feature.bins)));
  }

  /**
   * Begins booster `k`, which leaves fold k out.
   * @param base what all boosters begin with, on the scale of the link
   */
  begin(k: number, base: number): void {
    const { call } = this.kernels;
    call.listGroups(k);
    const mean = call.trainedSum.value / call.trainedWeight.value;
    const own = baseOf(this.parameters.boosting.loss, mean);
    this.k = k;
    this.base = base;
    this.shift = own - base;
    call.setMargins(own);
  }

  /** Grows tree `t`, the next one. */
  grow(t: number): Tree {
    const { kernels, parameters, bag } = this;
    const { call } = kernels;
    const { seed, boosting } = parameters;
    const random = new Random(seed, streams.boostFrom + this.k * ROUNDS + t);
    bag?.draw({ bootstrap: false, sampleFraction: parameters.sampleFraction }, random);
    // A bag of rows has gone on with the kernels' own generator.
    if (!(bag instanceof RowBag)) call.continueRandom(...random.state);
    if (bag !== null) call.sampleGroups();
    call.layDerivatives();
    const nodes = call.grow();
    call.scaleTree(boosting.learningRate, t === 0 ? this.shift : 0);
    this.add(t);
    return copyTree(kernels, nodes);
  }

  /** Adds a tree that was grown before as tree `t`, the next one. */
  replay(t: number, tree: Tree): void {
    const { kernels } = this;
    const { call } = kernels;
    const { nodes, sets } = tree;
    call.openTree(nodes, sets.length);
    kernels.at(Int16Array, call.nodeFeature, nodes).set(tree.feature);
    kernels.at(Int32Array, call.nodeCut, nodes).set(tree.cut);
    kernels.at(Int32Array, call.nodeLeft, nodes).set(tree.left);
    kernels.at(Uint8Array, call.nodeMissingLeft, nodes).set(tree.missingLeft);
    kernels.at(Float64Array, call.nodeValue, nodes).set(tree.value);
    kernels.at(Uint32Array, call.nodeSets, sets.length).set(sets);
    this.add(t);
  }

  /** From the first tree on, margins are told from the common base, which is what a forest does. */
  private add(t: number): void {
    const { call } = this.kernels;
    if (t === 0) call.setMargins(this.base);
    call.addToMargins();
  }

  /** Loss of the rows left out, but for a constant. */
  get lossHeld(): number {
    return this.kernels.call.lossHeld();
  }

  /** Remembers what is predicted of the rows left out. */
  keep(): void {
    this.kernels.call.keepMargins();
  }

  /**
   * The rows left out, and what was kept of them: predictions on the scale of the link.
   * @param count how many they are
   */
  held(count: number): { rows: Uint32Array; margins: Float64Array } {
    const { kernels } = this;
    const rows = kernels.room(Uint32Array, count);
    const margins = kernels.room(Float64Array, count);
    kernels.call.takeHeld(rows, margins);
    return {
      rows: kernels.at(Uint32Array, rows, count).slice(),
      margins: kernels.at(Float64Array, margins, count).slice(),
    };
  }
}

function bagOf(kernels: Kernels, set: TrainingSet, counts: Float64Array | null): Bag {
  return counts === null ? new RowBag(set.rows, kernels) : new CountedBag(counts, kernels);
}
