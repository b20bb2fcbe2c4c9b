import type { CtrModel } from '@adscale/ctr';
import { describeAllocation, type AllocationAnswer } from './answer.js';
import { readAllocation } from './request.js';
import { choicesOf } from './choices.js';
import { settle } from './settle.js';
import { equalSplit, proportionalSplit } from './simple-splits.js';
import type { DecisionOptions } from '../placement.js';
import type { Solve } from './solver.js';
import { solveOnThread } from './solver-worker.js';

export interface AllocateOptions extends DecisionOptions {
  /** Where the integer program is solved. Default: on a thread of its own. */
  readonly solve?: Solve;
}

/**
 * Splits a budget over cells so that the expected clicks (or their value) are the most that the
 * model knows of.
 *
 * Request: `{ budget, currency?, cells: [{ id?, record, cost: { cpc } | { cpm }, floor?, cap?,
 * max_impressions?, value_per_click? }], objective?, budget_feature?, campaign_budget?, method?,
 * level? }`. A cell's record leaves out what money moves: impressions and budget.
 * @throws DecisionError REQUEST_INVALID, LIMIT_EXCEEDED, AMOUNT_INVALID, INFEASIBLE, SOLVER_FAILED
 */
export async function allocate(
  model: CtrModel,
  request: unknown,
  { solve = solveOnThread, onRow, onStep = () => {} }: AllocateOptions = {},
): Promise<AllocationAnswer> {
  const problem = readAllocation(model, request, { onRow, onStep });
  const choices = await choicesOf(problem, onStep);
  const splits = {
    equal: equalSplit(choices, problem.budget),
    proportional: proportionalSplit(choices, problem.budget),
  };
  const { settled, relaxation } = await settle(problem, choices, Object.values(splits), {
    solve,
    onStep,
  });
  return describeAllocation(problem, choices, settled, relaxation, splits);
}
