import type { CtrModel } from '@adscale/ctr';
import { readCost, type Cost } from '../money/prices.js';
import { DecisionError } from '../errors.js';
import { amountText, readAmount, readCurrency, readPrice, type Currency } from '../money/money.js';
import { ownDifference } from '../answer.js';
import { errorFit } from '../error/fit.js';
import { PlacementReader, type DecisionOptions } from '../placement.js';
import {
  IMPRESSIONS,
  readBudgetFeature,
  readChoice,
  readEntries,
  readFields,
  readId,
  readLevel,
  readOptional,
  refuse,
  ROOT,
  type BudgetFeature,
  type Fields,
} from '../request.js';

/** Most cells that HiGHS is given, and most that are allocated at all. */
export const MAX_EXACT_CELLS = 100;
export const MAX_CELLS = 5000;

/** A cell of the budget: a placement that money can be put on. */
export interface Cell {
  readonly id: string;
  /** Everything but the impressions, and the budget where it is the cell's own. */
  readonly row: Float64Array;
  readonly cost: Cost;
  /** Least and most spend, minor units. */
  readonly floor: number;
  readonly cap: number;
  /** Impressions that there are to buy; Infinity where nothing is said. */
  readonly inventory: number;
  /** What a click counts: its value, or 1 where clicks are what is maximised. */
  readonly weight: number;
}

export interface AllocationProblem {
  readonly model: CtrModel;
  readonly currency: Currency;
  /** Minor units. */
  readonly budget: number;
  readonly cells: readonly Cell[];
  readonly level: number;
  readonly objective: 'clicks' | 'value';
  readonly method: 'exact' | 'lagrangian';
  readonly budgetFeature: BudgetFeature;
  /** Places of the features in a row; −1: the model has no such feature. */
  readonly places: { readonly impressions: number; readonly budget: number };
  /** What the cells' records take for granted, in sentences. */
  readonly assumptions: readonly string[];
}

const KNOWN = [
  'budget',
  'currency',
  'cells',
  'objective',
  'budget_feature',
  'campaign_budget',
  'method',
  'level',
];

/** @throws DecisionError as `allocate` does, but for SOLVER_FAILED */
export function readAllocation(
  model: CtrModel,
  request: unknown,
  options?: DecisionOptions,
): AllocationProblem {
  const fields = readFields(request, ROOT, KNOWN);
  const currency = readCurrency(fields['currency']);
  const budget = readAmount(fields['budget'], currency, 'budget');
  const objective = readChoice(fields['objective'], 'objective', ['clicks', 'value'], 'clicks');
  const budgetFeature = readBudgetFeature(fields);
  const reader = new PlacementReader(model, options);
  const places = {
    impressions: reader.placeOf('impressions'),
    budget: reader.placeOf('budget'),
  };
  const campaign = readCampaignBudget(fields, currency, budget);
  const given = { reader, currency, budget, objective, places, budgetFeature, campaign };
  const cells = readEntries(fields['cells'], 'cells', MAX_CELLS, (entry, i) =>
    readCell(given, entry, i),
  );
  const method = readMethod(fields, cells.length);
  const level = readLevel(fields);
  const problem = {
    model,
    currency,
    budget,
    cells,
    level,
    objective,
    method,
    budgetFeature,
    places,
    assumptions: [...reader.heldAssumptions, ...ownDifference(errorFit(model))],
  };
  checkFeasible(problem);
  return problem;
}

function readCampaignBudget(fields: Fields, currency: Currency, budget: number): number {
  const { campaign_budget } = fields;
  const minor =
    campaign_budget === undefined
      ? budget
      : readAmount(campaign_budget, currency, 'campaign_budget');
  if (minor === 0) refuse('budget', 0, 'an amount above 0');
  return minor / 10 ** currency.digits;
}

function readMethod(fields: Fields, cells: number): 'exact' | 'lagrangian' {
  const fallback = cells <= MAX_EXACT_CELLS ? 'exact' : 'lagrangian';
  const method = readChoice(fields['method'], 'method', ['exact', 'lagrangian'], fallback);
  if (method === 'exact' && cells > MAX_EXACT_CELLS) {
    throw new DecisionError(
      'LIMIT_EXCEEDED',
      `cells has ${cells} entries, wanted at most ${MAX_EXACT_CELLS} for the exact method`,
      'cells',
    );
  }
  return method;
}

interface Given {
  readonly reader: PlacementReader;
  readonly currency: Currency;
  readonly budget: number;
  readonly objective: 'clicks' | 'value';
  readonly places: { readonly impressions: number; readonly budget: number };
  readonly budgetFeature: BudgetFeature;
  /** In the currency's unit. */
  readonly campaign: number;
}

const CELL_FIELDS = ['id', 'record', 'cost', 'floor', 'cap', 'max_impressions', 'value_per_click'];

function readCell(given: Given, entry: unknown, i: number): Cell {
  const { currency, budget, objective } = given;
  const fields = readFields(entry, '', CELL_FIELDS);
  const { floor, cap, value_per_click, max_impressions } = fields;
  if (objective === 'clicks' && value_per_click !== undefined) {
    refuse(
      'value_per_click',
      value_per_click,
      'none where clicks are maximised; say objective value',
    );
  }
  const least = floor === undefined ? 0 : readAmount(floor, currency, 'floor');
  const most = cap === undefined ? budget : readAmount(cap, currency, 'cap');
  if (least > most) {
    const detail = `floor is ${amountText(least, currency)}, above its cap of ${amountText(most, currency)}`;
    throw new DecisionError('INFEASIBLE', detail, 'floor');
  }
  return {
    id: readId(fields['id'], 'id', i),
    row: readCellRow(given, fields['record']),
    cost: readCost(fields['cost'], 'cost'),
    floor: least,
    cap: most,
    inventory: readOptional(max_impressions, 'max_impressions', IMPRESSIONS, Infinity),
    weight: objective === 'clicks' ? 1 : readPrice(value_per_click, 'value_per_click'),
  };
}

/** What follows from the money is not for the record to say. */
function readCellRow({ reader, places, budgetFeature, campaign }: Given, value: unknown) {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    refuse('record', value, 'an object of the features that money does not move');
  }
  const follows = {
    ...(places.impressions >= 0 && { impressions: 1 }),
    ...(places.budget >= 0 && { budget: budgetFeature === 'campaign' ? campaign : 1 }),
  };
  for (const name of Object.keys(follows)) {
    const said = (value as Fields)[name];
    if (said !== undefined) refuse(`record.${name}`, said, 'none: it follows from the money');
  }
  return reader.read({ ...value, ...follows }, 'record');
}

/** @throws DecisionError INFEASIBLE */
function checkFeasible({ cells, budget, currency }: AllocationProblem): void {
  const floors = cells.reduce((sum, { floor }) => sum + floor, 0);
  if (floors <= budget) return;
  throw new DecisionError(
    'INFEASIBLE',
    `the floors sum to ${amountText(floors, currency)}, which is ${amountText(floors - budget, currency)} ` +
      `more than the budget of ${amountText(budget, currency)}`,
    'budget',
  );
}
