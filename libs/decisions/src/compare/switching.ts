/*
 * What made B differ from A: Shapley values (1953) of the game in which features are switched from
 * A's value to B's. A feature's part is what switching it changes, averaged over all orders in
 * which the differing features could be switched; the parts add up to the difference.
 *
 *   corner   bit i set: differing feature i has B's value, else A's
 */
import { DecisionError } from '../errors.js';

/** 2 to the power of this many records are predicted. */
export const MAX_SWITCHED = 10;

/** The records between A and B, and which features differ. */
export interface Switching {
  /** Places of the features that differ. */
  readonly features: readonly number[];
  /** Corner after corner, `2^features * width` numbers: the first is A, the last is B. */
  readonly rows: Float64Array;
}

/** @throws DecisionError LIMIT_EXCEEDED if more than 10 features differ */
export function switchingBetween(a: Float64Array, b: Float64Array): Switching {
  const features = [...a.keys()].filter((f) => !Object.is(a[f], b[f]));
  if (features.length > MAX_SWITCHED) {
    throw new DecisionError(
      'LIMIT_EXCEEDED',
      `a and b differ in ${features.length} features, wanted at most ${MAX_SWITCHED}`,
      'b',
    );
  }
  const corners = 2 ** features.length;
  const rows = new Float64Array(corners * a.length);
  for (let corner = 0; corner < corners; corner++) {
    const row = rows.subarray(corner * a.length, (corner + 1) * a.length);
    row.set(a);
    features.forEach((f, bit) => {
      if ((corner >> bit) & 1) row[f] = b[f];
    });
  }
  return { features, rows };
}

/**
 * The weights with which the corners' predictions add up to the part of some features.
 * @param isPart tells by the feature's place among the differing ones
 */
export function partWeights(
  { features }: Switching,
  isPart: (bit: number) => boolean,
): Float64Array {
  const players = features.length;
  const weights = new Float64Array(2 ** players);
  for (let corner = 0; corner < weights.length; corner++) {
    const known = bitCount(corner);
    for (let bit = 0; bit < players; bit++) {
      if (!isPart(bit)) continue;
      const has = (corner >> bit) & 1;
      weights[corner] += has ? orderShare(known - 1, players) : -orderShare(known, players);
    }
  }
  return weights;
}

/** Share of orders in which a given set of `before` features, and no other, precedes a feature. */
function orderShare(before: number, players: number): number {
  let share = 1 / players;
  for (let i = 1; i <= before; i++) share *= i / (players - i);
  return share;
}

function bitCount(corner: number): number {
  let count = 0;
  for (let rest = corner; rest > 0; rest >>= 1) count += rest & 1;
  return count;
}
