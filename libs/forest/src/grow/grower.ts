/*
 * Trees are grown by kernels (kernels/grow.ts). The sorted records of the training set, and of every
 * grower what its tree needs, lie in one memory, which threads share:
 *
 *   | records | grower: bag | buffer A | buffer B | tree | nodes and histograms | next grower … |
 */
import { RowBag, type Bag } from './bagging.js';
import { CountedBag } from './counted-bagging.js';
import { countLimit } from '../data/binning.js';
import { byteOffset, countsOf, kernelsOver, type TrainingSet } from '../data/grouping.js';
import type { FitParameters } from '../data/parameters.js';
import type { Kernels } from '../kernels/kernels.js';
import type { Random } from '../random.js';
import type { Tree } from '../trees/tree.js';

/** Positions that are routed at a time: their leaves stay in the cache. */
const WINDOW = 4096;

/** Called with positions that are out of the bag and the leaves they fall into. */
export type VisitOutside = (positions: Uint32Array, leaves: Uint32Array) => void;

/** Grows one tree after the other in the same memory. Each thread has one. */
export class TreeGrower {
  readonly bag: Bag;
  private readonly kernels: Kernels;

  /** @throws ForestError KERNELS_UNAVAILABLE, MEMORY_EXHAUSTED */
  constructor(
    private readonly set: TrainingSet,
    private readonly rules: FitParameters,
  ) {
    this.kernels = kernelsOver(set);
    this.bag = set.counted
      ? new CountedBag(countsOf(set), this.kernels)
      : new RowBag(set.rows, this.kernels);
    const leaves = bindGrowth(this.kernels, set, rules, this.bag.rawRows);
    this.kernels.call.bindGrower(leaves);
    if (rules.outOfBag) this.kernels.call.bindRoutes(WINDOW);
  }

  /** Draws a bag and grows its tree. */
  grow(random: Random): Tree {
    const { bag, kernels } = this;
    bag.draw(this.rules, random);
    // A bag of rows has gone on with the kernels' own generator.
    if (bag instanceof CountedBag) kernels.call.continueRandom(...random.state);
    kernels.call.gather(this.set.rows);
    return copyTree(kernels, kernels.call.grow());
  }

  /**
   * Sends the rows that are out of the bag down the tree that was just grown.
   * @param visit the arrays it is called with are used again
   */
  routeOutside(visit: VisitOutside): void {
    const { kernels, set } = this;
    const { call } = kernels;
    call.beginRoutes();
    for (let from = 0; from < set.rows; from += WINDOW) {
      const found = call.route(from, Math.min(set.rows, from + WINDOW));
      visit(
        kernels.at(Uint32Array, call.outPositions, found),
        kernels.at(Uint32Array, call.outLeaves, found),
      );
    }
  }
}

/** A copy of the tree that the kernels have just grown. */
export function copyTree(kernels: Kernels, nodes: number): Tree {
  const { call } = kernels;
  return {
    nodes,
    feature: kernels.at(Int16Array, call.nodeFeature, nodes).slice(),
    cut: kernels.at(Int32Array, call.nodeCut, nodes).slice(),
    left: kernels.at(Int32Array, call.nodeLeft, nodes).slice(),
    missingLeft: kernels.at(Uint8Array, call.nodeMissingLeft, nodes).slice(),
    value: kernels.at(Float64Array, call.nodeValue, nodes).slice(),
    cover: kernels.at(Float64Array, call.nodeCover, nodes).slice(),
    gain: kernels.at(Float64Array, call.nodeGain, nodes).slice(),
    sets: kernels.at(Uint32Array, call.nodeSets, call.setWords.value).slice(),
  };
}

/**
 * Tells kernels of a set and of rules, and takes the memory that a tree needs.
 * @param rows raw rows that a tree may have
 * @returns leaves of the largest tree
 */
export function bindGrowth(
  kernels: Kernels,
  { bins, fields, wordsPerRow, groups, anyMissing }: TrainingSet,
  rules: FitParameters,
  rows: number,
): number {
  const { call } = kernels;
  call.bindRows(bins.length, 4 * wordsPerRow, countLimit(bins, rules.minLeafRows));
  let slots = 0;
  bins.forEach((feature, f) => {
    const offset = byteOffset(fields, f);
    const { categorical } = feature;
    const missing = anyMissing[f];
    const sign = rules.monotone[f];
    call.bindFeature(f, offset, fields.mask[f], feature.bins, slots, categorical, missing, sign);
    slots += feature.bins + 1;
  });
  call.bindRules(
    rules.minLeafRows,
    rules.minLeafWeight,
    rules.minGain,
    rules.maxDepth,
    rules.maxLeaves,
    rules.maxFeatures,
    rules.criterion === 'poisson',
    rules.extraTrees,
  );
  const longest = Math.max(...bins.map((feature) => feature.bins));
  const sets = bins.map((feature) => (feature.categorical ? (feature.bins + 31) >>> 5 : 0));
  call.bindSplits(longest);
  call.bindNodes(4 * Math.max(...sets), slots);
  call.bindBuffers(groups, longest);
  const leaves = mostLeaves(groups, rows, rules);
  call.bindTree(2 * leaves);
  return leaves;
}

/** Leaves that a tree can have: each keeps rows of its own, and depth and number are bounded. */
function mostLeaves(groups: number, rows: number, rules: FitParameters): number {
  const { minLeafRows, maxDepth, maxLeaves } = rules;
  const bounds = [groups, Math.floor(rows / minLeafRows), 2 ** maxDepth, maxLeaves || Infinity];
  return Math.max(1, Math.min(...bounds));
}
