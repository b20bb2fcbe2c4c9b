/*
 * A bag of boosters: booster k leaves fold k of the rows out, grows trees until those rows have not been
 * predicted better for a while, and keeps the trees up to the best. So each row has a prediction by a
 * booster that did not see it.
 */
import { Booster, type FoldedSet } from './booster.js';
import type { BoostParameters } from '../data/boost-parameters.js';
import type { FeatureBins } from '../data/binning.js';
import type { Schema } from '../data/schema.js';
import type { Tree } from '../trees/tree.js';

/** Everything that boosters are grown from; all threads share it. */
export interface PreparedBoost {
  readonly schema: Schema;
  readonly parameters: BoostParameters;
  readonly bins: readonly FeatureBins[];
  /** What all boosters begin with, on the scale of the link. */
  readonly base: number;
  /** One for all boosters, or one for each. */
  readonly sets: readonly FoldedSet[];
  /** Rows of each fold. */
  readonly foldRows: readonly number[];
}

/** What a booster has grown so far. */
export interface GrownMember {
  /** Up to the best one. */
  readonly trees: readonly Tree[];
  /** Have the rows left out stopped it? */
  readonly stopped: boolean;
}

/** A booster, and what it predicts of the rows that it left out. */
export interface BoostedMember extends GrownMember {
  readonly k: number;
  readonly rows: Uint32Array;
  /** On the scale of the link. */
  readonly margins: Float64Array;
}

/** Grows boosters of a bag in any order: a booster depends on its number and on no other booster. */
export class BoosterFactory {
  private readonly boosters: (Booster | undefined)[] = [];

  constructor(private readonly fit: PreparedBoost) {}

  /**
   * Grows booster `k`.
   * @param before what it has grown before, with fewer rounds
   * @param onRound called after each tree
   */
  grow(k: number, before: GrownMember | undefined, onRound: () => void): BoostedMember {
    const { fit } = this;
    const { rounds, patience, folds } = fit.parameters.boosting;
    const place = fit.sets.length > 1 ? k : 0;
    const booster = (this.boosters[place] ??= new Booster(fit.sets[place], fit.parameters));
    booster.begin(k, fit.base);
    const trees: Tree[] = [];
    const first = before?.trees ?? [];
    const most = before?.stopped ? first.length : rounds;
    let best = { loss: Infinity, trees: 0 };
    let stopped = before?.stopped ?? false;
    for (let t = 0; t < most; t++) {
      if (t < first.length) booster.replay(t, first[t]);
      trees.push(t < first.length ? first[t] : booster.grow(t));
      if (folds > 1) {
        const loss = booster.lossHeld;
        if (loss < best.loss) {
          best = { loss, trees: trees.length };
          booster.keep();
        }
        stopped ||= trees.length - best.trees >= patience;
      } else best.trees = trees.length;
      onRound();
      if (stopped && before?.stopped !== true) break;
    }
    const held = folds > 1 ? booster.held(fit.foldRows[k]) : nobody();
    // One tree at least: it has the booster's own base.
    return { k, trees: trees.slice(0, Math.max(1, best.trees)), stopped, ...held };
  }
}

function nobody(): Pick<BoostedMember, 'rows' | 'margins'> {
  return { rows: new Uint32Array(0), margins: new Float64Array(0) };
}
