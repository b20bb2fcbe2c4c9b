/*
 * What the same money, or the same impressions, would have brought otherwise, by what is known now.
 *
 * Every entry's CTR is what its outcomes and the model together say of it (posterior.ts). A ranking is
 * worth what its first candidate is; a budget is worth what its cells are at their spends, the curve
 * of each scaled by how far its CTR came out from what was predicted. The best in hindsight is the split
 * that these CTRs' means make the best, found as allocations are; the intervals are those of the
 * differences over draws of all CTRs, so what two splits have in common cancels.
 */
import { settle } from '../allocate/settle.js';
import { valueAt, type Choice } from '../allocate/choices.js';
import { equalSplit } from '../allocate/simple-splits.js';
import type { Solve } from '../allocate/solver.js';
import { roundCount, type Range } from '../answer.js';
import type { ModelError } from '../error/model-error.js';
import { toDecimal } from '../money/money.js';
import type { Decided } from './entries.js';
import { drawsOf, meanOf, type Posterior } from './posterior.js';

/** A figure with its interval, at the decision's level. */
export interface Estimate extends Range {
  readonly expected: number;
}

/** Another way to use the same, held against the one decided. */
export interface Alternative extends Estimate {
  /** What it would have brought less what the decision is worth. */
  readonly more: Estimate;
}

export interface Regret {
  /** What is compared: of a ranking, the value of a thousand impressions; of a budget, its objective. */
  readonly of: 'value of a thousand impressions' | 'clicks' | 'value';
  readonly decided: Estimate;
  readonly equal_split: Alternative;
  readonly best_in_hindsight: Alternative & {
    /** The entries that it is made of. */
    readonly split: readonly {
      readonly id: string;
      readonly share: number;
      readonly spend?: number;
    }[];
  };
  readonly assumptions: readonly string[];
}

interface Compared {
  /** What a way is worth if these are the CTRs. */
  readonly worth: (way: readonly number[], ctrs: ArrayLike<number>) => number;
  readonly decided: readonly number[];
  readonly equal: readonly number[];
  readonly best: readonly number[];
}

const SCALED =
  'Where what came had other records than planned, such as another volume, its CTR over the one expected there is taken to hold for what was planned.';
const BEST =
  'The best in hindsight is by what is known now: each CTR is drawn from what the model and the outcomes say of it, entry by entry. Entries without outcomes are as uncertain as the model is.';
const RANKING =
  'The CTR of a candidate would have been the same for more impressions, and for fewer.';
const ALLOCATION = [
  'The observed CTR of a cell over the predicted one would have been the same at another spend: the curve that the model gives is scaled by it.',
  'A thousand impressions, or a click, would have cost what the request says at any spend. Clicks that are paid for come whatever the CTR, as far as the inventory reaches.',
];

/** What other rankings' first candidates would have been worth. */
export function rankingRegret(
  { entries, level, weights }: Decided & { readonly weights: readonly number[] },
  error: ModelError,
  posteriors: readonly Posterior[],
  seed: string,
): Regret {
  const only = (place: number): number[] => entries.map((_, i) => +(i === place));
  const expected = weights.map((weight, i) => weight * error.ctr[i]);
  const known = weights.map((weight, i) => weight * meanOf(posteriors[i]));
  const best = only(placeOfMost(known));
  const compared: Compared = {
    worth: (shares, ctrs) =>
      shares.reduce((sum, share, i) => sum + share * weights[i] * ctrs[i], 0),
    decided: only(placeOfMost(expected)),
    equal: entries.map(() => 1 / entries.length),
    best,
  };
  const { best: told, ...others } = compare(compared, posteriors, level, seed);
  const split = entries.flatMap(({ id }, i) => (best[i] > 0 ? [{ id, share: best[i] }] : []));
  return {
    of: 'value of a thousand impressions',
    ...others,
    best_in_hindsight: { ...told, split },
    assumptions: [RANKING, SCALED, BEST],
  };
}

/** What other splits of the same budget would have brought. @throws DecisionError SOLVER_FAILED */
export async function allocationRegret(
  { entries, level, allocation }: Decided & Required<Pick<Decided, 'allocation'>>,
  error: ModelError,
  posteriors: readonly Posterior[],
  seed: string,
  solving: { readonly solve: Solve; readonly onStep: () => void },
): Promise<Regret> {
  const { problem, choices, spends } = allocation;
  const { budget, currency, objective } = problem;
  const factors = posteriors.map((posterior, i) => meanOf(posterior) / error.ctr[i]);
  const scaled = choices.map((choice, i) => scaledChoice(choice, factors[i]));
  const equal = equalSplit(choices, budget).spends;
  const { settled } = await settle(problem, scaled, [equalSplit(scaled, budget)], solving);
  const best = settled.allocation.spends;
  const compared: Compared = {
    worth: (way, ctrs) =>
      choices.reduce((sum, choice, i) => sum + worthAt(choice, way[i], ctrs[i] / error.ctr[i]), 0),
    ...{ decided: spends, equal, best },
  };
  const { best: told, ...others } = compare(compared, posteriors, level, seed);
  const spent = best.reduce((sum, spend) => sum + spend, 0);
  const split = entries.flatMap(({ id }, i) => {
    const share = spent === 0 ? 0 : roundCount((100 * best[i]) / spent) / 100;
    return best[i] > 0 ? [{ id, share, spend: toDecimal(best[i], currency) }] : [];
  });
  return {
    of: objective,
    ...others,
    best_in_hindsight: { ...told, split },
    assumptions: [...ALLOCATION, SCALED, BEST],
  };
}

/** A cell's choice if its CTR is so many times the predicted one at every spend. */
function scaledChoice(choice: Choice, factor: number): Choice {
  const { cell, segments, end } = choice;
  if (cell.cost.per !== 'click') {
    return {
      ...choice,
      segments: segments.map((segment) => ({ ...segment, rate: segment.rate * factor })),
    };
  }
  if (end !== 'inventory') return choice;
  const most = clicksReach(choice, factor);
  return { ...choice, most, segments: [{ ...segments[0], to: most }] };
}

/** The most that the clicks of the inventory cost if its CTR is so many times the predicted one. */
function clicksReach({ cell, most }: Choice, factor: number): number {
  return Math.max(cell.floor, Math.min(cell.cap, Math.floor(most * factor)));
}

function worthAt(choice: Choice, spend: number, factor: number): number {
  if (choice.cell.cost.per !== 'click') return valueAt(choice, spend) * factor;
  const reach = choice.end === 'inventory' ? clicksReach(choice, factor) : spend;
  return valueAt(choice, Math.min(spend, reach));
}

function compare(
  { worth, decided, equal, best }: Compared,
  posteriors: readonly Posterior[],
  level: number,
  seed: string,
): { decided: Estimate; equal_split: Alternative; best: Alternative } {
  const draws = drawsOf(posteriors, seed);
  const mean = posteriors.map(meanOf);
  const ways = [decided, equal, best].map((way) => ({
    expected: worth(way, mean),
    drawn: draws.map((ctrs) => worth(way, ctrs)),
  }));
  const base = ways[0];
  const [own, ofEqual, ofBest] = ways.map(({ expected, drawn }) => ({
    ...estimate(expected, drawn, level),
    more: estimate(
      expected - base.expected,
      drawn.map((value, i) => value - base.drawn[i]),
      level,
    ),
  }));
  const { expected, low, high } = own;
  return { decided: { expected, low, high }, equal_split: ofEqual, best: ofBest };
}

function estimate(expected: number, drawn: readonly number[], level: number): Estimate {
  const sorted = drawn.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.round(share * (sorted.length - 1))];
  return {
    expected: roundCount(expected),
    low: roundCount(at((1 - level) / 2)),
    high: roundCount(at((1 + level) / 2)),
  };
}

/** Of equals the first, as rankings have it. */
function placeOfMost(values: readonly number[]): number {
  return values.indexOf(Math.max(...values));
}
