/*
 * The exact allocation, by HiGHS. For choice i and segment k a switch z says that the spend lies
 * in the segment, and y how far above its lower end:
 *
 *   maximise    Σ value(from) · z + rate · y
 *   subject to  Σ over k of z = 1                  one segment a choice
 *               y ≤ (to − from) · z                only in the segment switched on
 *               Σ from · z + y ≤ budget
 *
 * Most segments cannot be in a better allocation than the one already known: priced at λ they lose
 * more than the bound is above it (Pisinger 1995). They are left out, so that what HiGHS gets is
 * small. It answers in floating point; only the switches are taken from it, and the money is dealt
 * out again in whole units (`fillSegments`).
 *
 * There always is an allocation, the one already known. Where prices lie fifteen digits apart, HiGHS may
 * call the program infeasible all the same, or not know; the known one is then the answer, with its gap.
 */
import type { Choice, Segment } from './choices.js';
import { DecisionError } from '../errors.js';
import { fillSegments, type Allocation, type Relaxation } from './knapsack.js';
import type { Solution, Solve } from './solver.js';

/** HiGHS stops when no allocation can be better by more than this share. */
const RELATIVE_GAP = 1e-5;

/** After so many seconds the best found so far is taken, with its gap. */
const TIME_LIMIT = 0.8;

export interface Solved {
  /** undefined if what HiGHS found cannot be had in whole units. */
  readonly allocation: Allocation | undefined;
  /** No allocation is worth more. */
  readonly bound: number;
}

/**
 * @param known an allocation to improve on
 * @param timeLimit seconds
 * @throws DecisionError SOLVER_FAILED
 */
export async function solveExactly(
  choices: readonly Choice[],
  budget: number,
  relaxation: Relaxation,
  known: Allocation,
  solve: Solve,
  timeLimit = TIME_LIMIT,
): Promise<Solved> {
  const hopeful = withoutHopeless(choices, relaxation, known);
  const program = programOf(choices, hopeful, budget, relaxation.bound);
  let solution: Solution;
  try {
    solution = await solve(program, timeLimit, RELATIVE_GAP);
  } catch (cause) {
    throw new DecisionError('SOLVER_FAILED', 'HiGHS broke off', undefined, { cause });
  }
  const { status, objective, values } = solution;
  const picks = hopeful.map((segments, i) =>
    segments.length === 1 ? segments[0] : (segments.find((k) => values[`z${i}_${k}`] > 0.5) ?? -1),
  );
  const isWhole = picks.every((k) => k >= 0);
  const proved = objective * relaxation.bound * (1 + RELATIVE_GAP);
  return {
    allocation: isWhole ? fillSegments(choices, picks, budget) : undefined,
    bound: status === 'Optimal' ? Math.min(proved, relaxation.bound) : relaxation.bound,
  };
}

/** Segments that some better allocation than the known one may use. */
function withoutHopeless(
  choices: readonly Choice[],
  { bound, price }: Relaxation,
  known: Allocation,
): number[][] {
  const room = bound - known.value + 1e-9 * Math.abs(bound);
  const priced = ({ from, to, rate }: Segment): number =>
    Math.max((rate - price) * from, (rate - price) * to);
  return choices.map(({ segments }) => {
    const worths = segments.map(priced);
    const best = Math.max(...worths);
    return [...worths.keys()].filter((k) => best - worths[k] <= room);
  });
}

/** In CPLEX's LP format; money in shares of the budget and value in shares of the bound. */
function programOf(
  choices: readonly Choice[],
  kept: readonly (readonly number[])[],
  budget: number,
  bound: number,
): string {
  const goal: string[] = [];
  const money: string[] = [];
  const rows: string[] = [];
  const bounds: string[] = [];
  const switches: string[] = [];
  const share = (spend: number): number => spend / Math.max(1, budget);
  const worthOf = (value: number): number => value / (bound > 0 ? bound : 1);
  kept.forEach((places, i) => {
    const { segments } = choices[i];
    rows.push(` one${i}: ${places.map((k) => `z${i}_${k}`).join(' + ')} = 1`);
    for (const k of places) {
      const { from, to, rate } = segments[k];
      switches.push(`z${i}_${k}`);
      goal.push(`${worthOf(rate * from)} z${i}_${k}`);
      money.push(`${share(from)} z${i}_${k}`);
      if (to === from) continue;
      goal.push(`${worthOf(rate * budget)} y${i}_${k}`);
      money.push(`1 y${i}_${k}`);
      rows.push(` in${i}_${k}: y${i}_${k} - ${share(to - from)} z${i}_${k} <= 0`);
      bounds.push(` 0 <= y${i}_${k} <= ${share(to - from)}`);
    }
  });
  return [
    'Maximize',
    ` worth: ${goal.join('\n + ')}`,
    'Subject To',
    ` money: ${money.join('\n + ')} <= 1`,
    ...rows,
    'Bounds',
    ...bounds,
    'Binary',
    ...switches.map((name) => ` ${name}`),
    'End',
  ].join('\n');
}
