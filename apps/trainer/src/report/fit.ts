import { reliability, wilson, type CtrTable } from '@adscale/ctr';
import type { FeatureView } from './levels.js';

/** Predicted against observed CTR, with what chance allows around the observed one. */
export interface FitPoint {
  readonly predicted: number;
  readonly observed: number;
  readonly low: number;
  readonly high: number;
  readonly impressions: number;
}

export interface FitPoints {
  /** A point is a held-out row, or a bin of them where a single one says too little. */
  readonly each: 'row' | 'bin';
  readonly points: readonly FitPoint[];
}

const MOST_POINTS = 400;
const BINS = 40;
/** A row of fewer expected clicks says too little; where most are so, rows are drawn in bins. */
export const CLICKS_OF_A_POINT = 5;

export function fitPoints(table: CtrTable, predicted: Float64Array): FitPoints {
  const { clicks, impressions } = table;
  const middle = clicks.slice().sort()[clicks.length >> 1];
  if (middle < CLICKS_OF_A_POINT) {
    const observed = clicks.map((count, row) => count / impressions[row]);
    const bins = reliability({ predicted, observed, weight: impressions }, BINS);
    return { each: 'bin', points: bins };
  }
  const telling = Array.from(clicks.keys()).filter(
    (row) => impressions[row] * predicted[row] >= CLICKS_OF_A_POINT,
  );
  const drawn = Math.min(telling.length, MOST_POINTS);
  const rows = Array.from(
    { length: drawn },
    (_, k) => telling[Math.floor((k * telling.length) / drawn)],
  );
  const points = rows.map((row) => ({
    predicted: predicted[row],
    observed: clicks[row] / impressions[row],
    impressions: impressions[row],
    ...wilson(clicks[row], impressions[row]),
  }));
  return { each: 'row', points };
}

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
  { f, levels: { feature, labels, levelOf } }: FeatureView,
  heldOut: CtrTable,
  predicted: Float64Array,
): Residuals {
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
