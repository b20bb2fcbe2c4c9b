/*
 * What a cell can be given, and what it gives back: segments of spend over which the value rises
 * in proportion to the spend. Under CPM they are the forest's own steps. Under CPC a click costs
 * the same whatever the CTR, so there is one segment: the CTR only decides how many impressions
 * the clicks need, and so where the inventory ends.
 */
import { setImmediate } from 'node:timers/promises';
import type { AllocationProblem, Cell } from './request.js';
import { ClickPriced } from './click-priced.js';
import { DecisionError } from '../errors.js';
import { amountText } from '../money/money.js';
import { impressionsFor, movingAs, movingAsBought, stepsAlong, type Path } from '../steps.js';

/** Spends from `from` to `to`, whole minor units, each worth `rate` a unit. */
export interface Segment {
  readonly from: number;
  readonly to: number;
  /** Clicks (or value) a minor unit of spend. */
  readonly rate: number;
}

/** A cell with what can be done with it. */
export interface Choice {
  readonly cell: Cell;
  /** By ascending spend, without gaps from the cell's floor to the most it can take. */
  readonly segments: readonly Segment[];
  readonly most: number;
  /** What ends at `most`. */
  readonly end: 'cap' | 'inventory' | 'budget';
  impressionsAt(spend: number): number;
  rowAt(spend: number): Float64Array;
}

/** A service answers others between so many cells. */
const CELLS_A_TURN = 250;

/** @throws DecisionError INFEASIBLE if a floor buys more impressions than there are */
export async function choicesOf(
  problem: AllocationProblem,
  onStep: () => void = () => {},
): Promise<Choice[]> {
  const choices: Choice[] = [];
  for (const [i, cell] of problem.cells.entries()) {
    if (i % CELLS_A_TURN === CELLS_A_TURN - 1) await setImmediate();
    onStep();
    choices.push(choiceOf(problem, cell, i));
  }
  return choices;
}

function choiceOf(problem: AllocationProblem, cell: Cell, place: number): Choice {
  try {
    return cell.cost.per === 'click' ? byClick(problem, cell) : byImpression(problem, cell);
  } catch (error) {
    throw error instanceof DecisionError ? error.within(`cells[${place}]`) : error;
  }
}

/** The value of spending so much on a choice. */
export function valueAt({ segments }: Choice, spend: number): number {
  let low = 0;
  let high = segments.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (segments[middle].from <= spend) low = middle;
    else high = middle - 1;
  }
  return segments[low].rate * spend;
}

function byImpression(problem: AllocationProblem, cell: Cell): Choice {
  const { model, places, budgetFeature, currency } = problem;
  const { price } = cell.cost;
  const unit = 10 ** currency.digits;
  const perUnit = 1000 / (price * unit);
  const moving = [
    ...(places.impressions < 0 ? [] : [movingAsBought(places.impressions, price, unit)]),
    ...(places.budget < 0 || budgetFeature === 'campaign' ? [] : [movingAs(places.budget, unit)]),
  ];
  const path = { model, row: cell.row, moving };
  // To the next minor unit: it buys the last impression, and part of one that is not there.
  const affordable = Math.ceil((cell.inventory * price * unit) / 1000);
  const { most, end } = limitOf(problem, cell, affordable);
  const segments = stepsAlong(path, cell.floor, most).map(({ from, to, ctr }): Segment => ({
    from,
    to,
    rate: ctr * perUnit * cell.weight,
  }));
  return {
    cell,
    segments,
    most,
    end,
    impressionsAt: (spend) => impressionsFor(spend, price, unit),
    rowAt: (spend) => movedRow(path, spend),
  };
}

/** The row at a spend. No model knows a budget of zero: no spend gets the row of the least spend. */
function movedRow({ row, moving }: Path, spend: number): Float64Array {
  const moved = row.slice();
  for (const { feature, valueAt: featureAt } of moving)
    moved[feature] = featureAt(Math.max(1, spend));
  return moved;
}

function byClick(problem: AllocationProblem, cell: Cell): Choice {
  const priced = new ClickPriced(problem, cell);
  const { most, end } = limitOf(problem, cell, priced.most(cell.cap));
  const rate = cell.weight / (cell.cost.price * 10 ** problem.currency.digits);
  return {
    cell,
    segments: [{ from: cell.floor, to: most, rate }],
    most,
    end,
    impressionsAt: (spend) => priced.impressionsAt(spend),
    rowAt: (spend) => priced.rowAt(spend),
  };
}

/** The most that a cell can take: its cap, the budget, or what its inventory costs. */
function limitOf(
  { budget, currency }: AllocationProblem,
  { cap, floor }: Cell,
  affordable: number,
): Pick<Choice, 'most' | 'end'> {
  if (affordable < floor) {
    throw new DecisionError(
      'INFEASIBLE',
      `floor is ${amountText(floor, currency)}, but its max_impressions cost only ` +
        amountText(affordable, currency),
      'floor',
    );
  }
  const most = Math.min(cap, budget, affordable);
  return { most, end: affordable === most ? 'inventory' : cap === most ? 'cap' : 'budget' };
}
