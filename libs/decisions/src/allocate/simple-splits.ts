/* Splits that need no model, to hold an allocation against. */
import type { Choice } from './choices.js';
import { worth, type Allocation } from './knapsack.js';
import { splitAmount } from '../money/money.js';

/** The same for every cell, as far as floors and caps allow. */
export function equalSplit(choices: readonly Choice[], budget: number): Allocation {
  return splitWithin(
    choices,
    budget,
    choices.map(() => 1),
  );
}

/** In proportion to what a unit of money is worth in each cell when all get the same. */
export function proportionalSplit(choices: readonly Choice[], budget: number): Allocation {
  const { spends } = equalSplit(choices, budget);
  const worths = choices.map((choice, i) => {
    const spend = Math.max(1, spends[i]);
    return choice.segments.find(({ to }) => spend <= to)?.rate ?? 0;
  });
  return splitWithin(choices, budget, worths.some((rate) => rate > 0) ? worths : spends);
}

/**
 * Splits the budget in proportion to weights. A cell whose share lies beyond its floor or the most it
 * takes gets that limit, and the rest is split again among the others, until all shares are within.
 */
function splitWithin(choices: readonly Choice[], budget: number, weights: readonly number[]) {
  const spends = choices.map(({ cell }) => cell.floor);
  const open = new Set(choices.keys());
  for (;;) {
    const fixed = spends.reduce((sum, spend, i) => sum + (open.has(i) ? 0 : spend), 0);
    const places = [...open];
    if (places.length === 0) break;
    const shares = splitAmount(budget - fixed, evened(places.map((i) => weights[i])));
    const over = places.filter((i, k) => shares[k] > choices[i].most);
    const under = places.filter((i, k) => shares[k] < choices[i].cell.floor);
    places.forEach((i, k) => (spends[i] = shares[k]));
    if (over.length + under.length === 0) break;
    // The side that is off by more is fixed first: so the other can still come back within.
    const excess = over.reduce((sum, i) => sum + spends[i] - choices[i].most, 0);
    const lack = under.reduce((sum, i) => sum + choices[i].cell.floor - spends[i], 0);
    for (const i of excess >= lack ? over : under) {
      spends[i] = excess >= lack ? choices[i].most : choices[i].cell.floor;
      open.delete(i);
    }
  }
  return { spends, value: worth(choices, spends) };
}

function evened(weights: readonly number[]): readonly number[] {
  return weights.some((weight) => weight > 0) ? weights : weights.map(() => 1);
}
