import {
  calibrateSegments,
  reliability,
  wilson,
  type CtrTable,
  type SegmentCalibration,
  type SegmentOptions,
} from '@adscale/ctr';
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
  /** What chance allows around the ratio, 95 %: binomial, and what rows have of their own. */
  readonly low: number | null;
  readonly high: number | null;
}

/**
 * @param predicted CTR of every row of the held-out table
 * @param options what rows have in common: their overdispersion, their groups
 */
export function residualsBy(
  { f, everyLevel: { feature, labels, levelOf } }: FeatureView,
  heldOut: CtrTable,
  predicted: Float64Array,
  options: SegmentOptions = {},
): Residuals {
  const rowsOf = labels.map((): number[] => []);
  heldOut.features.values[f].forEach((value, row) => rowsOf[levelOf(value)]?.push(row));
  // Labels may repeat, where numbers are told in few digits.
  const filled = rowsOf.map((rows, level) => [String(level), rows] as const);
  const judged = new Map(
    calibrateSegments(predicted, heldOut, filled, options).map((part) => [part.segment, part]),
  );
  return {
    feature,
    levels: labels.map((label, level) => residualOf(label, judged.get(String(level)))),
  };
}

function residualOf(label: string, judged: SegmentCalibration | undefined): LevelResidual {
  if (judged === undefined) {
    const none = { rows: 0, impressions: 0, clicks: 0, predicted_clicks: 0 };
    return { label, ...none, ratio: null, low: null, high: null };
  }
  const { rows, impressions, clicks, predicted_clicks, interval } = judged;
  const [least, most] = interval;
  return {
    ...{ label, rows, impressions, clicks, predicted_clicks },
    ratio: clicks / predicted_clicks,
    low: most === null ? 0 : 1 / most,
    high: 1 / least,
  };
}
