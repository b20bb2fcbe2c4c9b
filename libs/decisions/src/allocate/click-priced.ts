/*
 * Cells paid by the click. A click costs the same whatever the CTR, so money is worth the same
 * everywhere in the cell; the CTR decides how many impressions the clicks need, and so where the
 * inventory ends:
 *
 *   clicks = spend / CPC        impressions n: the fewest with n · CTR(n) ≥ clicks
 */
import type { AllocationProblem, Cell } from './request.js';
import { movingAs, rowAt, stepsAlong, type Path, type Step } from '../steps.js';

/** More impressions than any cell has stand for an inventory that nobody limits. */
const ENDLESS = 1e12;

export class ClickPriced {
  /** Minor units a click. */
  private readonly price: number;
  private readonly unit: number;
  private readonly last: number;
  private readonly known = new Map<number, readonly Step[]>();

  constructor(
    private readonly problem: AllocationProblem,
    private readonly cell: Cell,
  ) {
    this.unit = 10 ** problem.currency.digits;
    this.price = cell.cost.price * this.unit;
    this.last = Math.min(ENDLESS, cell.inventory);
  }

  /** The most that the inventory's clicks cost, minor units. */
  most(limit: number): number {
    let most = 0;
    for (const { from, to } of this.spendsAlike(limit)) {
      const steps = this.stepsOf(from);
      const clicks = steps.reduce((best, step) => Math.max(best, step.to * step.ctr), 0);
      const affordable = Math.min(to, Math.floor(clicks * this.price));
      if (affordable >= from) most = Math.max(most, affordable);
    }
    return most;
  }

  /** The impressions that a spend's clicks need: at most the inventory. */
  impressionsAt(spend: number): number {
    const clicks = spend / this.price;
    if (clicks === 0) return 0;
    for (const { from, to, ctr } of this.stepsOf(spend)) {
      if (clicks <= to * ctr) return Math.max(from, clicks / ctr);
    }
    return this.last;
  }

  rowAt(spend: number): Float64Array {
    const impressions = Math.max(1, Math.floor(this.impressionsAt(spend)));
    return rowAt(this.pathAt(spend), impressions);
  }

  private stepsOf(spend: number): readonly Step[] {
    const budget = this.budgetAt(spend);
    let steps = this.known.get(budget);
    if (steps === undefined) {
      steps = stepsAlong(this.pathAt(spend), 1, this.last);
      this.known.set(budget, steps);
    }
    return steps;
  }

  private pathAt(spend: number): Path {
    const { places, model } = this.problem;
    const row = this.cell.row.slice();
    if (this.movesBudget()) row[places.budget] = this.budgetAt(spend);
    const moving = places.impressions < 0 ? [] : [movingAs(places.impressions)];
    return { model, row, moving };
  }

  private movesBudget(): boolean {
    return this.problem.places.budget >= 0 && this.problem.budgetFeature === 'placement';
  }

  /** The budget that the model is told; what a campaign has stays as it is. */
  private budgetAt(spend: number): number {
    return this.movesBudget() ? Math.max(1, spend) / this.unit : 0;
  }

  /** Stretches of spend that no cut of the budget divides. */
  private spendsAlike(limit: number): { from: number; to: number }[] {
    if (!this.movesBudget()) return [{ from: 0, to: limit }];
    const cuts = this.problem.model.forest.cutsOf(this.problem.places.budget);
    const starts = Array.from(cuts, (cut) => Math.floor(cut * this.unit) + 1);
    const from = [0, ...starts.filter((start) => start <= limit)];
    return from.map((start, i) => ({ from: start, to: (from[i + 1] ?? limit + 1) - 1 }));
  }
}
