import type { CtrModel } from '@adscale/ctr';
import type { FeatureValues } from '../model/schema.js';
import { ProblemError } from '../problem/problem.js';

/** The feature that says over how many impressions the CTR will be observed. */
export const EXPOSURE = 'impressions';

/** Where the observed CTR will lie. */
export interface CtrInterval {
  /** How often it does, over placements like those of the training. */
  readonly level: number;
  /** From 0 to 1, four decimals, rounded down. */
  readonly low: number;
  /** From 0 to 1, four decimals, rounded up. */
  readonly high: number;
}

const UNITS = 10_000;

/**
 * The interval that holds the CTR that the placement will be observed to have, clicks over the
 * record's own impressions, as often as `level` says. The fewer impressions, the wider it is.
 * @throws ProblemError NO_INTERVALS when the model has nothing to make one from
 */
export function intervalOf(model: CtrModel, record: FeatureValues, level: number): CtrInterval {
  const { forest } = model;
  if (forest.intervals === null) throw new ProblemError('NO_INTERVALS');
  const exposure = record[EXPOSURE];
  if (forest.intervals.noise === 'binomial' && !(typeof exposure === 'number' && exposure > 0)) {
    const detail = `The model's intervals are for a rate over ${EXPOSURE}, which is no feature of it.`;
    throw new ProblemError('NO_INTERVALS', { detail });
  }
  const options = typeof exposure === 'number' ? { level, exposure } : { level };
  const { low, high } = forest.predictInterval(model.encode(record), options);
  return {
    level,
    low: Math.floor(Math.max(0, low) * UNITS) / UNITS,
    high: Math.ceil(Math.min(1, high) * UNITS) / UNITS,
  };
}
