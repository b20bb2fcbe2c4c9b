/*
 * The multiple-choice knapsack: one spend a cell, at most the budget together, the most value.
 *
 * Its Lagrangian relaxation prices money at λ a unit and lets every cell choose for itself. Only
 * corners of a cell's concave hull are ever chosen, and taking the hulls' edges by falling slope
 * until the money is gone solves the relaxation (Sinha & Zoltners 1979):
 *
 *   value │        ·───── hull          the edge at which the money runs out has slope λ, the
 *         │     ·╱  ·                   value of one more unit, and filling it in part gives a
 *         │   ·╱ ·                      bound that no allocation exceeds
 *         └───────────── spend
 *
 * What fits before that edge is an allocation; money left over is spent cell by cell where it adds
 * the most. The bound less its value is the gap.
 */
import { valueAt, type Choice } from './choices.js';

export interface Allocation {
  /** By choice: minor units. */
  readonly spends: readonly number[];
  readonly value: number;
}

export interface Relaxation {
  /** No allocation is worth more. */
  readonly bound: number;
  /** Value of one more minor unit of budget, for the relaxation; 0 where money is left over. */
  readonly price: number;
  readonly corners: Allocation;
}

interface Point {
  readonly spend: number;
  readonly value: number;
}

interface Edge {
  readonly choice: number;
  readonly to: Point;
  readonly spend: number;
  readonly slope: number;
}

/** @param budget minor units, at least the sum of the floors */
export function relax(choices: readonly Choice[], budget: number): Relaxation {
  const spends = choices.map(({ cell }) => cell.floor);
  let left = budget - spends.reduce((sum, spend) => sum + spend, 0);
  let value = choices.reduce((sum, choice, i) => sum + valueAt(choice, spends[i]), 0);
  const edges = choices.flatMap((choice, i) => edgesOf(choice, i));
  edges.sort((a, b) => b.slope - a.slope);
  let bound = value;
  let price = 0;
  for (const { choice, to, spend, slope } of edges) {
    if (spend > left) {
      bound = value + slope * left;
      price = slope;
      break;
    }
    left -= spend;
    spends[choice] = to.spend;
    value += slope * spend;
    bound = value;
  }
  return { bound, price, corners: { spends, value: worth(choices, spends) } };
}

/** The value of an allocation, added up in order. */
export function worth(choices: readonly Choice[], spends: readonly number[]): number {
  return choices.reduce((sum, choice, i) => sum + valueAt(choice, spends[i]), 0);
}

/** The rising edges of a cell's concave hull, from its floor on. */
function edgesOf(choice: Choice, place: number): Edge[] {
  const hull: Point[] = [];
  for (const point of pointsOf(choice)) {
    while (
      hull.length > 1 &&
      slope(hull[hull.length - 2], point) >= slope(hull[hull.length - 2], hull[hull.length - 1])
    ) {
      hull.pop();
    }
    if (hull.length === 0 || point.value > hull[hull.length - 1].value) hull.push(point);
  }
  return hull.slice(1).map((to, i) => ({
    choice: place,
    to,
    spend: to.spend - hull[i].spend,
    slope: slope(hull[i], to),
  }));
}

/** Both ends of every segment, by ascending spend: the value is straight between them. */
function pointsOf({ segments }: Choice): Point[] {
  return segments.flatMap(({ from, to, rate }) => {
    const ends = from === to ? [from] : [from, to];
    return ends.map((spend) => ({ spend, value: rate * spend }));
  });
}

function slope(from: Point, to: Point): number {
  return (to.value - from.value) / (to.spend - from.spend);
}

/**
 * Spends what is left, each time on the cell where it adds the most, until nothing adds.
 * @param onStep called each time
 */
export function spendRest(
  choices: readonly Choice[],
  from: Allocation,
  budget: number,
  onStep: () => void = () => {},
): Allocation {
  const spends = [...from.spends];
  let left = budget - spends.reduce((sum, spend) => sum + spend, 0);
  while (left > 0) {
    onStep();
    let best = { choice: -1, spend: 0, gain: 0 };
    choices.forEach((choice, i) => {
      const now = valueAt(choice, spends[i]);
      const most = Math.min(choice.most, spends[i] + left);
      for (const { from: start, to, rate } of choice.segments) {
        if (start > most) break;
        const spend = Math.min(to, most);
        const gain = rate * spend - now;
        if (spend > spends[i] && gain > best.gain) best = { choice: i, spend, gain };
      }
    });
    if (best.choice < 0) break;
    left -= best.spend - spends[best.choice];
    spends[best.choice] = best.spend;
  }
  return { spends, value: worth(choices, spends) };
}

/**
 * The best allocation with the segment of every choice given: floors of the segments first, then
 * money by falling rate. Whole units in, whole units out.
 * @returns undefined if the segments cost more than the budget at their least
 */
export function fillSegments(
  choices: readonly Choice[],
  picks: readonly number[],
  budget: number,
): Allocation | undefined {
  const picked = choices.map(({ segments }, i) => segments[picks[i]]);
  const spends = picked.map(({ from }) => from);
  let left = budget - spends.reduce((sum, spend) => sum + spend, 0);
  if (left < 0) return undefined;
  const order = [...picked.keys()].sort((a, b) => picked[b].rate - picked[a].rate || a - b);
  for (const i of order) {
    const more = Math.min(left, picked[i].to - spends[i]);
    spends[i] += more;
    left -= more;
  }
  return { spends, value: worth(choices, spends) };
}
