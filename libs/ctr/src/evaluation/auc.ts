import type { JudgedRows } from './judged-rows.js';
import { orderOf } from './order.js';

type AucRows = Pick<JudgedRows, 'predicted' | 'observed' | 'weight' | 'count'>;

/**
 * The area under the ROC curve, by impressions: the chance that an impression that was clicked was
 * predicted higher than one that was not, ties counting half (Hanley and McNeil 1982). On a log
 * with one row an impression it is the usual one; rows of many impressions count as so many equal
 * impressions, so grouping a log does not change it.
 *
 * Sorted once, it can be asked for many weightings of the rows.
 */
export class RocArea {
  /** In order of prediction, row by row. */
  private readonly clicked: Float64Array;
  private readonly passed: Float64Array;
  private readonly unit: Uint32Array;
  /** Where each run of equal predictions ends. */
  private readonly ends: Uint32Array;
  private readonly known: boolean;

  /**
   * @param unitOf the unit of each row; absent: every row is one
   * @param order of the rows by prediction
   */
  constructor(
    { predicted, observed, weight, count }: AucRows,
    unitOf?: Uint32Array,
    order = orderOf(predicted),
  ) {
    const { length } = order;
    this.clicked = new Float64Array(length);
    this.passed = new Float64Array(length);
    this.unit = new Uint32Array(length);
    const ends = new Uint32Array(length);
    let runs = 0;
    for (let place = 0; place < length; place++) {
      const row = order[place];
      const n = (weight === undefined ? 1 : weight[row]) * (count === undefined ? 1 : count[row]);
      this.clicked[place] = n * observed[row];
      this.passed[place] = n * (1 - observed[row]);
      this.unit[place] = unitOf === undefined ? row : unitOf[row];
      if (predicted[row] !== predicted[order[place + 1]]) ends[runs++] = place + 1;
    }
    this.ends = ends.subarray(0, runs);
    this.known = !Number.isNaN(predicted[order[length - 1]]);
  }

  /**
   * @param draws how often each unit counts; absent: once
   * @returns NaN if nothing, or everything, was clicked, or a prediction is NaN
   */
  area(draws?: Float64Array): number {
    if (!this.known) return NaN;
    const { clicked, passed, unit } = this;
    let below = 0;
    let clicks = 0;
    let won = 0;
    let place = 0;
    for (const end of this.ends) {
      let tiedClicks = 0;
      let tiedPasses = 0;
      for (; place < end; place++) {
        const times = draws === undefined ? 1 : draws[unit[place]];
        tiedClicks += times * clicked[place];
        tiedPasses += times * passed[place];
      }
      won += tiedClicks * (below + tiedPasses / 2);
      below += tiedPasses;
      clicks += tiedClicks;
    }
    return won / (clicks * below);
  }
}
