import type { CtrModel } from '@adscale/ctr';
import { roundRate } from './answer.js';
import type { PlacementReader } from './placement.js';

/** What one feature takes from a placement's CTR, against the usual placement. */
export interface Reason {
  readonly feature: string;
  readonly value: number | string;
  /** Clicks per impression, below 0. */
  readonly effect: number;
  readonly says: string;
}

const MOST_REASONS = 2;

/** The features that lower a placement's CTR most, by Shapley values; none if nothing lowers it. */
export function reasonsFor(model: CtrModel, reader: PlacementReader, row: Float64Array): Reason[] {
  const { base, values } = model.explainer.explain(row);
  const record = reader.recordOf(row);
  return [...values.keys()]
    .filter((f) => values[f] < 0)
    .sort((a, b) => values[a] - values[b])
    .slice(0, MOST_REASONS)
    .map((f) => {
      const feature = model.schema.features[f].name;
      const value = record[feature] ?? 'missing';
      const lowered = roundRate(-values[f]);
      return {
        feature,
        value,
        effect: -lowered,
        says: `${feature} ${value} lowers the CTR by ${lowered} from the usual ${roundRate(base)}.`,
      };
    });
}
