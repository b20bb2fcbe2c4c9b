import { evaluatePredictions, takeTable, type MetricInterval, type Trained } from '@adscale/ctr';

/** How good predictions are so many weeks after the first moment that was held out. */
export interface WeekAhead {
  /** 1: the first seven days. */
  readonly week: number;
  readonly rows: number;
  readonly impressions: number;
  readonly clicks: number;
  /** Log loss over that of the week's own average CTR. */
  readonly normalised_entropy: number;
  readonly normalised_entropy_interval: MetricInterval;
  readonly calibration_ratio: number;
  readonly calibration_ratio_interval: MetricInterval;
}

const WEEK = 7 * 24 * 3600;
const MOST_WEEKS = 26;
/** Times are seconds since 1970; smaller numbers are a time of the user's own, of unknown unit. */
const LEAST_TIME = 1e8;

/**
 * Held-out rows of a split by time, week by week: what the model's age costs. A week of no rows, or
 * in which nothing or everything was clicked, is left out.
 * @returns none if rows were held out otherwise, or their times are numbers without a unit
 */
export function weeksAhead({ card, heldOut, predicted }: Trained): WeekAhead[] {
  const { time } = heldOut;
  const { from } = card.split;
  if (card.split.by !== 'time' || time === undefined || !(from! >= LEAST_TIME)) return [];
  const rowsOf = new Map<number, number[]>();
  time.forEach((moment, row) => {
    const week = 1 + Math.floor((moment - from!) / WEEK);
    const rows = rowsOf.get(week);
    if (rows === undefined) rowsOf.set(week, [row]);
    else rows.push(row);
  });
  return [...rowsOf]
    .sort(([a], [b]) => a - b)
    .slice(0, MOST_WEEKS)
    .flatMap(([week, rows]): WeekAhead[] => {
      const of = Float64Array.from(rows, (row) => predicted[row]);
      const judged = evaluatePredictions(of, takeTable(heldOut, rows), { seed: card.seed });
      const { clicks, impressions, bootstrap } = judged;
      if (clicks === 0 || clicks === impressions) return [];
      return [
        {
          ...{ week, rows: judged.rows, impressions, clicks },
          normalised_entropy: judged.normalised_entropy,
          normalised_entropy_interval: bootstrap.intervals['normalised_entropy'] ?? null,
          calibration_ratio: judged.calibration_ratio,
          calibration_ratio_interval: bootstrap.intervals['calibration_ratio'] ?? null,
        },
      ];
    });
}
