import { mean, type OutOfBagResult } from '@adscale/forest';
import { clampCtr, MIN_CTR } from '../clamp.js';
import { crossEntropy } from './sums.js';
import type { fitInput } from '../table/table.js';

/**
 * Normalised entropy of the training rows as the trees predict them that did not see them, by
 * impressions; rows that every tree saw are left out.
 * @param input what the forest was fitted to
 */
export function outOfBagEntropy(
  { predictions }: Pick<OutOfBagResult, 'predictions'>,
  { target, weight, count }: ReturnType<typeof fitInput>,
): number {
  const told = Uint32Array.from(predictions.keys()).filter(
    (row) => !Number.isNaN(predictions[row]),
  );
  const impressions = Float64Array.from(
    told,
    (row) => (weight === undefined ? 1 : weight[row]) * (count === undefined ? 1 : count[row]),
  );
  const observed = Float64Array.from(told, (row) => target[row]);
  const loss = Float64Array.from(told, (row) =>
    crossEntropy(target[row], Math.min(1 - MIN_CTR, clampCtr(predictions[row]))),
  );
  const rate = mean(observed, impressions);
  return mean(loss, impressions) / crossEntropy(rate, rate);
}
