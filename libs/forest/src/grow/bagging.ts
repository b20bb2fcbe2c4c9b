import type { FitParameters } from '../data/parameters.js';
import { Kernels } from '../kernels/kernels.js';
import type { Random } from '../random.js';

export type BagRules = Pick<FitParameters, 'bootstrap' | 'sampleFraction'>;

/** One tree's bag, by position; reused from tree to tree. */
export interface Bag {
  /** How often the row is in the bag; of a counted row, how often all its raw rows are. */
  readonly drawn: Uint16Array | Float64Array;
  /** Raw rows of a counted row that are out of the bag; null where no row is counted. */
  readonly missed: Float64Array | null;
  /** Raw rows that bags are drawn from. */
  readonly rawRows: number;
  /** Draws the bag of a tree. */
  draw(rules: BagRules, random: Random): void;
}

/** How many draws make up a bag. */
export function drawsOf(rows: number, { sampleFraction }: BagRules): number {
  return Math.max(1, Math.round(rows * sampleFraction));
}

/**
 * A bag of rows, drawn by kernels (kernels/bag.ts). The generator is not moved: the kernels go on from
 * where it is, and it is they who draw a tree's features next.
 */
export class RowBag implements Bag {
  readonly missed = null;

  constructor(
    readonly rawRows: number,
    private readonly kernels = new Kernels(),
  ) {
    kernels.call.bindBag(rawRows, false);
  }

  get drawn(): Uint16Array {
    return this.kernels.at(Uint16Array, this.kernels.call.drawn, this.rawRows);
  }

  draw(rules: BagRules, random: Random): void {
    const { call } = this.kernels;
    call.continueRandom(...random.state);
    call.drawBag(this.rawRows, drawsOf(this.rawRows, rules), rules.bootstrap);
  }
}
