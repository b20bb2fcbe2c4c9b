import { wilson, type CtrTable } from '@adscale/ctr';
import { levelsOf } from './levels.js';

/** Where the model is off: observed over predicted clicks by level of a feature. */
export interface Residuals {
  readonly feature: string;
  readonly levels: readonly LevelResidual[];
}

export interface LevelResidual {
  readonly label: string;
  readonly rows: number;
  readonly impressions: number;
  readonly clicks: number;
  readonly predicted_clicks: number;
  /** Observed over predicted clicks; above 1 the model is too low. Null without rows. */
  readonly ratio: number | null;
  /** What chance alone allows around the ratio, 95 %. */
  readonly low: number | null;
  readonly high: number | null;
}

/** @param predicted CTR of every row of the held-out table */
export function residualsBy(
  training: CtrTable,
  heldOut: CtrTable,
  predicted: Float64Array,
  f: number,
): Residuals {
  const { feature, labels, levelOf } = levelsOf(training, f);
  const sums = labels.map((label) => ({
    label,
    rows: 0,
    impressions: 0,
    clicks: 0,
    predicted_clicks: 0,
  }));
  heldOut.features.values[f].forEach((value, row) => {
    const sum = sums[levelOf(value)];
    if (sum === undefined) return;
    sum.rows++;
    sum.impressions += heldOut.impressions[row];
    sum.clicks += heldOut.clicks[row];
    sum.predicted_clicks += heldOut.impressions[row] * predicted[row];
  });
  return { feature, levels: sums.map((sum) => ({ ...sum, ...ratioOf(sum) })) };
}

function ratioOf(sum: {
  impressions: number;
  clicks: number;
  predicted_clicks: number;
}): Pick<LevelResidual, 'ratio' | 'low' | 'high'> {
  if (sum.impressions === 0) return { ratio: null, low: null, high: null };
  const times = sum.impressions / sum.predicted_clicks;
  const { low, high } = wilson(sum.clicks, sum.impressions);
  return { ratio: sum.clicks / sum.predicted_clicks, low: times * low, high: times * high };
}
