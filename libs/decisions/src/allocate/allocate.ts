import { setImmediate } from 'node:timers/promises';
import type { CtrModel } from '@adscale/ctr';
import { describeAllocation, type AllocationAnswer, type Settled } from './answer.js';
import { readAllocation } from './request.js';
import { choicesOf, type Choice } from './choices.js';
import { solveExactly } from './integer-program.js';
import { relax, spendRest, type Allocation, type Relaxation } from './knapsack.js';
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
  const relaxation = relax(choices, problem.budget);
  let known = relaxation.corners;
  for (const start of [relaxation.corners, splits.equal, splits.proportional]) {
    // Between the long stretches, a service answers others.
    await setImmediate();
    const improved = spendRest(choices, start, problem.budget, onStep);
    if (improved.value > known.value) known = improved;
  }
  onStep();
  const settled =
    problem.method === 'exact'
      ? await settleExactly(choices, problem.budget, relaxation, known, solve)
      : { allocation: known, bound: relaxation.bound, method: problem.method };
  return describeAllocation(problem, choices, settled, relaxation, splits);
}

async function settleExactly(
  choices: readonly Choice[],
  budget: number,
  relaxation: Relaxation,
  known: Allocation,
  solve: Solve,
): Promise<Settled> {
  const { allocation, bound } = await solveExactly(choices, budget, relaxation, known, solve);
  const best = allocation !== undefined && allocation.value > known.value ? allocation : known;
  return { allocation: best, bound, method: 'exact' };
}
