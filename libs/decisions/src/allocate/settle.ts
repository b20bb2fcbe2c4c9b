import { setImmediate } from 'node:timers/promises';
import type { Settled } from './answer.js';
import type { Choice } from './choices.js';
import { solveExactly } from './integer-program.js';
import { relax, spendRest, type Allocation, type Relaxation } from './knapsack.js';
import type { AllocationProblem } from './request.js';
import type { Solve } from './solver.js';

interface Settling {
  readonly solve: Solve;
  readonly onStep: () => void;
}

/**
 * The best allocation of a problem's budget that its method finds.
 * @param starts allocations to improve on, beside the relaxation's corners
 * @throws DecisionError SOLVER_FAILED
 */
export async function settle(
  { budget, method }: Pick<AllocationProblem, 'budget' | 'method'>,
  choices: readonly Choice[],
  starts: readonly Allocation[],
  { solve, onStep }: Settling,
): Promise<{ readonly settled: Settled; readonly relaxation: Relaxation }> {
  const relaxation = relax(choices, budget);
  let known = relaxation.corners;
  for (const start of [relaxation.corners, ...starts]) {
    // Between the long stretches, a service answers others.
    await setImmediate();
    const improved = spendRest(choices, start, budget, onStep);
    if (improved.value > known.value) known = improved;
  }
  onStep();
  if (method !== 'exact') {
    return { settled: { allocation: known, bound: relaxation.bound, method }, relaxation };
  }
  const { allocation, bound } = await solveExactly(choices, budget, relaxation, known, solve);
  const best = allocation !== undefined && allocation.value > known.value ? allocation : known;
  return { settled: { allocation: best, bound, method }, relaxation };
}
