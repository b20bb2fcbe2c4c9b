/*
 * A forest is a step function of every number. Along money spent on a placement it steps where the
 * impressions that the money buys pass a cut, and where the money itself passes one if the model
 * knows it as the placement's budget:
 *
 *   spend         low ───┬────────┬──────────┬─── high        whole minor units, ends included
 *   CTR             p0   │   p1   │    p2    │  p3            clicks = impressions(spend) · p
 *
 * So clicks are straight lines through the origin, cut off and shifted to other slopes: rising
 * within a step, jumping between steps, up or down.
 */
import type { CtrModel } from '@adscale/ctr';

/** A stretch of whole numbers, ends included, over which the CTR is the same. */
export interface Step {
  readonly from: number;
  readonly to: number;
  readonly ctr: number;
}

/** A placement of which one quantity moves. */
export interface Path {
  readonly model: CtrModel;
  /** The row with everything but what moves. */
  readonly row: Float64Array;
  /** For a value of the quantity: the features that move with it, and their numbers. */
  readonly moving: readonly Moving[];
}

export interface Moving {
  readonly feature: number;
  /** The feature's number at a value of the quantity; must not fall as the value rises. */
  valueAt(quantity: number): number;
  /** About the quantity at which the feature is `value`; it need not be exact. */
  quantityAt(value: number): number;
}

/** The steps of the CTR over whole quantities from `low` to `high`; neighbours differ. */
export function stepsAlong(path: Path, low: number, high: number): Step[] {
  const starts = new Set<number>([low]);
  for (const moving of path.moving) {
    for (const cut of path.model.cutsOf(moving.feature)) {
      const start = firstBeyond(moving, cut, low, high);
      if (start !== undefined) starts.add(start);
    }
  }
  const steps: Step[] = [];
  const sorted = [...starts].sort((a, b) => a - b);
  sorted.forEach((from, i) => {
    const to = i + 1 < sorted.length ? sorted[i + 1] - 1 : high;
    const ctr = ctrAt(path, from);
    const before = steps.at(-1);
    if (before?.ctr === ctr) steps[steps.length - 1] = { from: before.from, to, ctr };
    else steps.push({ from, to, ctr });
  });
  return steps;
}

/** The row at a value of the quantity. */
export function rowAt({ row, moving }: Path, quantity: number): Float64Array {
  const moved = row.slice();
  for (const { feature, valueAt } of moving) moved[feature] = valueAt(quantity);
  return moved;
}

function ctrAt(path: Path, quantity: number): number {
  return path.model.predictRow(rowAt(path, quantity));
}

/** The first whole quantity in (low, high] at which the feature is beyond a cut. */
function firstBeyond(moving: Moving, cut: number, low: number, high: number): number | undefined {
  if (moving.valueAt(low) > cut || !(moving.valueAt(high) > cut)) return undefined;
  // The guess may be off by the rounding of the way there and back.
  const guess = Math.round(moving.quantityAt(cut));
  let above = Math.min(high, guess + 2);
  let below = Math.max(low, guess - 2);
  if (!(moving.valueAt(above) > cut)) above = high;
  if (moving.valueAt(below) > cut) below = low;
  while (above - below > 1) {
    const middle = Math.floor(below + (above - below) / 2);
    if (moving.valueAt(middle) > cut) above = middle;
    else below = middle;
  }
  return above;
}

/** A feature that is the quantity itself, in units of `unit`. */
export function movingAs(feature: number, unit = 1): Moving {
  return {
    feature,
    valueAt: (quantity) => quantity / unit,
    quantityAt: (value) => value * unit,
  };
}

/** Impressions that spend buys at a price a thousand; `unit` minor units are one of the price's. */
export function movingAsBought(feature: number, cpm: number, unit: number): Moving {
  return {
    feature,
    valueAt: (spend) => Math.max(1, Math.floor(impressionsFor(spend, cpm, unit))),
    quantityAt: (impressions) => (impressions * cpm * unit) / 1000,
  };
}

/** How many impressions money buys, parts of one included. */
export function impressionsFor(spend: number, cpm: number, unit: number): number {
  return (1000 * spend) / (cpm * unit);
}
