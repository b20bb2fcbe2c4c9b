import type { FitParameters } from '../data/parameters.js';
import type { Random } from '../random.js';

type BagRules = Pick<FitParameters, 'bootstrap' | 'sampleFraction'>;

/** One tree's bag, by position; reused from tree to tree. */
export interface Bag {
  /** How often the row is in the bag; of a counted row, how often all its raw rows are. */
  readonly drawn: Uint16Array | Float64Array;
  /** Raw rows of a counted row that are out of the bag; null where no row is counted. */
  readonly missed: Float64Array | null;
  /**
   * Draws the bag of a tree.
   * @returns the number of rows that are in it
   */
  draw(rules: BagRules, random: Random): number;
}

/**
 * A bag of rows (Breiman 1996): drawn with replacement, or, without bootstrap, each at most once.
 * A row that was not drawn is out of bag.
 */
export class RowBag implements Bag {
  readonly drawn: Uint16Array;
  readonly missed = null;

  constructor(rows: number) {
    this.drawn = new Uint16Array(rows);
  }

  draw({ bootstrap, sampleFraction }: BagRules, random: Random): number {
    const { drawn } = this;
    const rows = drawn.length;
    const draws = Math.max(1, Math.round(rows * sampleFraction));
    if (!bootstrap) return drawWithout(drawn, draws, random);
    drawn.fill(0);
    let distinct = 0;
    for (let i = 0; i < draws; i++) {
      const row = random.below(rows);
      distinct += +(drawn[row] === 0);
      drawn[row]++;
    }
    return distinct;
  }
}

/** Selection sampling (Knuth, TAOCP 2, algorithm S): one pass, exactly `draws` rows. */
function drawWithout(drawn: Uint16Array, draws: number, random: Random): number {
  // All of them: no chance is spent on it, so the tree's own draws do not depend on the rows.
  if (draws === drawn.length) {
    drawn.fill(1);
    return draws;
  }
  let wanted = draws;
  for (let row = 0; row < drawn.length; row++) {
    const take = random.below(drawn.length - row) < wanted;
    drawn[row] = +take;
    wanted -= +take;
  }
  return draws;
}
