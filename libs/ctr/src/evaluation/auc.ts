import type { JudgedRows } from './judged-rows.js';

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
  /** Rows in order of prediction. */
  private readonly order: Uint32Array;
  private readonly clicked: Float64Array;
  private readonly passed: Float64Array;

  constructor(private readonly rows: AucRows) {
    const { predicted, observed, weight, count } = rows;
    this.order = Uint32Array.from(predicted.keys()).sort((a, b) => predicted[a] - predicted[b]);
    const impressions = weight.map((w, i) => w * (count === undefined ? 1 : count[i]));
    this.clicked = impressions.map((n, i) => n * observed[i]);
    this.passed = impressions.map((n, i) => n * (1 - observed[i]));
  }

  /**
   * @param draws how often each unit counts; absent: once
   * @param unitOf the unit of each row
   * @returns NaN if nothing, or everything, was clicked, or a prediction is NaN
   */
  area(draws?: Float64Array, unitOf?: Uint32Array): number {
    const { order, clicked, passed } = this;
    const { predicted } = this.rows;
    let below = 0;
    let clicks = 0;
    let won = 0;
    for (let i = 0; i < order.length;) {
      const value = predicted[order[i]];
      if (Number.isNaN(value)) return NaN;
      let tiedClicks = 0;
      let tiedPasses = 0;
      for (; i < order.length && predicted[order[i]] === value; i++) {
        const row = order[i];
        const times = draws === undefined ? 1 : draws[unitOf === undefined ? row : unitOf[row]];
        tiedClicks += times * clicked[row];
        tiedPasses += times * passed[row];
      }
      won += tiedClicks * (below + tiedPasses / 2);
      below += tiedPasses;
      clicks += tiedClicks;
    }
    return won / (clicks * below);
  }
}
