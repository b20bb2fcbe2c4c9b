import { reliability, wilson, type CtrTable } from '@adscale/ctr';

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
