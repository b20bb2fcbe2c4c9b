/*
 * Grows single trees of a fit that is prepared. This is all that a worker thread has to load.
 */
import type { TrainingSet } from './data/grouping.js';
import type { FitParameters } from './data/parameters.js';
import type { Schema } from './data/schema.js';
import { TreeGrower } from './grow/grower.js';
import { emptySums, OutOfBag } from './judge/out-of-bag.js';
import { Random, streams } from './random.js';
import type { Tree } from './trees/tree.js';

/** Everything that trees are grown from; all threads share it. */
export interface PreparedFit {
  readonly schema: Schema;
  readonly parameters: FitParameters;
  readonly set: TrainingSet;
}

/** Out-of-bag sums of zeros for every position, or of no position if the fit wants none. */
export function startOutOfBag({ set, parameters }: PreparedFit): OutOfBag {
  return new OutOfBag(set, emptySums(parameters.outOfBag ? set.rows : 0, set.counted));
}

/** Grows single trees of a fit, in any order: tree `t` depends on the fit and on `t` alone. */
export class TreeFactory {
  private readonly grower: TreeGrower;
  readonly outOfBag: OutOfBag;

  constructor(private readonly fit: PreparedFit) {
    this.outOfBag = startOutOfBag(fit);
    this.grower = new TreeGrower(fit.set, fit.parameters);
  }

  /** Grows tree `t` and adds it to the out-of-bag sums. */
  grow(t: number): Tree {
    const { parameters } = this.fit;
    const random = new Random(parameters.seed, streams.treesFrom + t);
    const tree = this.grower.grow(random);
    if (parameters.outOfBag) this.outOfBag.add(tree, this.grower);
    return tree;
  }
}
