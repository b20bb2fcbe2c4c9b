import type { AllocationProblem } from './request.js';
import {
  assumptionsOf,
  MODEL_ERROR,
  roundCount,
  roundRate,
  roundShare,
  type Answered,
  type Range,
} from '../answer.js';
import type { Choice } from './choices.js';
import { clickNoise, countInterval } from '../error/distributions.js';
import type { Allocation, Relaxation } from './knapsack.js';
import { ModelError } from '../error/model-error.js';
import { amountText, toDecimal } from '../money/money.js';

export interface AllocatedCell {
  readonly id: string;
  /** Money, to the minor unit. */
  readonly spend: number;
  readonly impressions: number;
  readonly predicted_ctr: number;
  readonly expected_clicks: number;
  /** Where value is maximised. */
  readonly expected_value?: number;
  /** Which of the cell's limits its spend is at, if any. */
  readonly at_limit: 'floor' | 'cap' | 'inventory' | null;
  readonly extrapolated: readonly string[];
}

export interface AllocationAnswer extends Answered {
  readonly currency: string;
  readonly objective: 'clicks' | 'value';
  readonly method: 'exact' | 'lagrangian';
  readonly level: number;
  readonly allocations: readonly AllocatedCell[];
  readonly total: {
    readonly budget: number;
    /** The sum of the allocations, exactly. */
    readonly spent: number;
    readonly unspent: number;
    readonly unspent_because?: string;
    readonly expected_clicks: number;
    readonly clicks: Range;
    readonly expected_value?: number;
  };
  readonly binding: {
    readonly budget: boolean;
    readonly floors: readonly string[];
    readonly caps: readonly string[];
    readonly inventories: readonly string[];
  };
  /** What one more unit of the currency would add to the objective. */
  readonly shadow_price: number;
  /** No allocation is better than this one by more than this share. */
  readonly optimality_gap: number;
  readonly compared_with: {
    readonly equal_split: ComparedSplit;
    readonly proportional: ComparedSplit;
  };
}

/** What another way to split the same budget would do. */
export interface ComparedSplit {
  /** Of the objective: clicks or value. */
  readonly expected: number;
  /** How much more the answer's allocation does, as a share of it. */
  readonly gain: number;
  readonly unspent: number;
}

/** An allocation with how good it is known to be. */
export interface Settled {
  readonly allocation: Allocation;
  /** No allocation is worth more. */
  readonly bound: number;
  readonly method: 'exact' | 'lagrangian';
}

/** Questions of a row to a member that the intervals may take; with more cells, fewer are asked. */
const WALKS = 500_000;

const OWN = [
  'Impressions follow from the money: spend over CPM, or as many as the clicks of spend over CPC need.',
  'The CTR moves in the steps of the forest; between them clicks rise in proportion to the spend.',
  'An optimum picks cells that the model is too hopeful of more often than others, so it does a little worse than expected; see how the intervals overlap.',
  'The shadow price is that of the relaxed problem; a single unit may add less where the next step is far.',
  MODEL_ERROR,
];

const MEANING = {
  campaign:
    "The model's feature budget is that of the campaign: campaign_budget, or else the budget to allocate.",
  placement: "The model's feature budget is what is spent on the cell.",
};

export function describeAllocation(
  problem: AllocationProblem,
  choices: readonly Choice[],
  { allocation, bound, method }: Settled,
  relaxation: Relaxation,
  splits: { readonly equal: Allocation; readonly proportional: Allocation },
): AllocationAnswer {
  const { model, currency, level, objective, budgetFeature, places } = problem;
  const lines = choices.map((choice, i) => lineOf(problem, choice, allocation.spends[i]));
  const allocations = lines.map(({ cell }) => cell);
  const outside = allocations.some(({ extrapolated }) => extrapolated.length > 0);
  const meaning = places.budget < 0 ? [] : [MEANING[budgetFeature]];
  return {
    model_version: model.version,
    currency: currency.code,
    objective,
    method,
    level,
    allocations,
    total: totalOf(problem, choices, allocation, lines),
    binding: bindingOf(allocations, spentBy(allocation) === problem.budget),
    shadow_price: Number((relaxation.price * 10 ** currency.digits).toPrecision(6)),
    optimality_gap: gapBelow(bound, allocation.value),
    compared_with: {
      equal_split: compareSplit(problem, allocation, splits.equal),
      proportional: compareSplit(problem, allocation, splits.proportional),
    },
    assumptions: assumptionsOf(model, outside, [...OWN, ...problem.assumptions, ...meaning]),
  };
}

function spentBy({ spends }: Allocation): number {
  return spends.reduce((sum, spend) => sum + spend, 0);
}

function totalOf(
  problem: AllocationProblem,
  choices: readonly Choice[],
  allocation: Allocation,
  lines: readonly Line[],
): AllocationAnswer['total'] {
  const { budget, currency, objective } = problem;
  const spent = spentBy(allocation);
  return {
    budget: toDecimal(budget, currency),
    spent: toDecimal(spent, currency),
    unspent: toDecimal(budget - spent, currency),
    ...(spent < budget && { unspent_because: unspentReason(problem, choices, allocation) }),
    ...totalClicks(problem, lines),
    ...(objective === 'value' && { expected_value: roundCount(allocation.value) }),
  };
}

function bindingOf(cells: readonly AllocatedCell[], budget: boolean): AllocationAnswer['binding'] {
  const namesAt = (limit: AllocatedCell['at_limit']): string[] =>
    cells.filter(({ at_limit }) => at_limit === limit).map(({ id }) => id);
  return {
    budget,
    floors: namesAt('floor'),
    caps: namesAt('cap'),
    inventories: namesAt('inventory'),
  };
}

function compareSplit(
  { budget, currency }: AllocationProblem,
  allocation: Allocation,
  split: Allocation,
): ComparedSplit {
  return {
    expected: roundCount(split.value),
    gain: split.value > 0 ? roundShare(allocation.value / split.value - 1) : 0,
    unspent: toDecimal(budget - spentBy(split), currency),
  };
}

/** The share by which a bound is above a value; never below 0, whatever the last digits say. */
function gapBelow(bound: number, value: number): number {
  return bound > 0 ? Number(Math.max(0, (bound - value) / bound).toPrecision(3)) : 0;
}

/** A cell's line, and what its clicks are uncertain by. */
interface Line {
  readonly cell: AllocatedCell;
  readonly row: Float64Array;
  readonly clicks: number;
  /** Impressions whose clicks are not known: all under CPM, none where clicks are bought. */
  readonly exposed: number;
}

function lineOf(problem: AllocationProblem, choice: Choice, spend: number): Line {
  const { model, currency, objective } = problem;
  const { cell } = choice;
  const row = choice.rowAt(spend);
  const ctr = model.predictRow(row);
  const impressions = choice.impressionsAt(spend);
  const isBought = cell.cost.per === 'click';
  const clicks = isBought ? toDecimal(spend, currency) / cell.cost.price : impressions * ctr;
  return {
    row,
    clicks,
    exposed: isBought ? 0 : impressions,
    cell: {
      id: cell.id,
      spend: toDecimal(spend, currency),
      impressions: Math.floor(impressions),
      predicted_ctr: roundRate(ctr),
      expected_clicks: roundCount(clicks),
      ...(objective === 'value' && { expected_value: roundCount(clicks * cell.weight) }),
      at_limit: limitAt(choice, spend),
      extrapolated: spend === 0 ? [] : model.extrapolated(row),
    },
  };
}

function limitAt({ cell, most, end }: Choice, spend: number): AllocatedCell['at_limit'] {
  if (spend === most && end !== 'budget' && spend > 0) return end;
  return spend === cell.floor && cell.floor > 0 ? 'floor' : null;
}

function totalClicks({ model, level }: AllocationProblem, lines: readonly Line[]) {
  const used = lines.filter(({ exposed }) => exposed > 0);
  const clicks = lines.reduce((sum, line) => sum + line.clicks, 0);
  const certain = clicks - used.reduce((sum, line) => sum + line.clicks, 0);
  const range = { low: clicks, high: clicks };
  if (used.length > 0) {
    const width = model.schema.features.length;
    const rows = new Float64Array(used.length * width);
    used.forEach(({ row }, i) => rows.set(row, i * width));
    const error = new ModelError(model, rows, used.length, WALKS);
    const exposed = used.map((line) => line.exposed);
    const noise = exposed.reduce(
      (sum, count, i) => sum + clickNoise(error.ctr[i], count, error.rho),
      0,
    );
    const variance = noise + error.varianceOfTotal(exposed);
    const most = exposed.reduce((sum, count) => sum + count, 0);
    const some = countInterval(clicks - certain, variance, error.reach(level), most);
    range.low = certain + some.low;
    range.high = certain + some.high;
  }
  return {
    expected_clicks: roundCount(clicks),
    clicks: { low: roundCount(range.low), high: roundCount(range.high) },
  };
}

/** Money stays when nothing can take it, or when taking it would cost clicks. */
function unspentReason(
  { currency }: AllocationProblem,
  choices: readonly Choice[],
  allocation: Allocation,
): string {
  const spent = spentBy(allocation);
  const most = choices.reduce((sum, choice) => sum + choice.most, 0);
  if (spent === most) {
    return `every cell is at its cap or inventory; they take ${amountText(spent, currency)} together`;
  }
  return (
    'more spend would not add expected clicks: in every cell with room, more impressions lower ' +
    'the CTR by more than they add, until a step that the money left does not reach'
  );
}
