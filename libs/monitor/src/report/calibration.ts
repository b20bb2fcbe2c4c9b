import { dayText } from '../days.js';
import type { Ledger, Totals } from '../ledger/ledger.js';
import { Dispersion, tempered, type DayCounts, type Spread } from '../sequential/dispersion.js';
import { confidenceSequence, observedFactor } from '../sequential/evidence.js';
import { changeOf } from '../sequential/since.js';
import type { CheckedOptions } from './options.js';

/** Observed against predicted, of some cells. */
export interface Calibration {
  readonly rows: number;
  readonly impressions: number;
  readonly clicks: number;
  /** Clicks that the model expected, as mature as the days are. */
  readonly expected: number;
  /** Clicks over expected clicks; null where nothing was expected. */
  readonly factor: number | null;
  /** Of the factor, at all times, days counted by what they tell; widened to hold it. */
  readonly lower: number;
  readonly upper: number | null;
  /** Expected over observed clicks, as model cards have it; null without clicks. */
  readonly calibration_ratio: number | null;
  /** Of the e-value against "calibrated, on all days, but for the tolerance". */
  readonly log_e_value: number;
}

export interface ModelCalibration extends Calibration {
  readonly model_version: string;
}

export interface DayCalibration extends Calibration {
  readonly day: string;
}

export interface Calibrations {
  readonly overall: Calibration;
  readonly by_model: ModelCalibration[];
  readonly by_day: DayCalibration[];
  /** How much days differ beyond chance: variance of the factor of all traffic. */
  readonly day_variance: number;
}

const countsOf = ({ judgedClicks: clicks, expected, squares }: Totals): DayCounts => ({
  ...{ clicks, expected, squares },
});

/**
 * Overall, by version and by day; of all cells, whether or not they are in the ledger's columns.
 * @param cellVariance of a cell's factor beyond chance
 */
export function calibrationsOf(
  ledger: Ledger,
  options: CheckedOptions,
  cellVariance: number,
): Calibrations {
  const all = new Map<number, Totals>();
  for (const days of ledger.totals.values()) {
    for (const [day, totals] of days) merge(all, day, totals);
  }
  const series = (days: ReadonlyMap<number, Totals>): Totals[] =>
    [...days].sort(([a], [b]) => a - b).map(([, totals]) => totals);
  const models = [...ledger.totals].map(([model, days]) => ({ model, days: series(days) }));
  const everyDay = series(all).map(countsOf);
  const dispersion = new Dispersion([everyDay], cellVariance);
  const spread = options.spread ?? dispersion.spreadOf(everyDay);
  const judge = (days: readonly Totals[]): Calibration => calibrationOf(days, spread, options);
  return {
    overall: judge(series(all)),
    by_model: models.map(({ model, days }) => ({ model_version: model, ...judge(days) })),
    by_day: [...all]
      .sort(([a], [b]) => a - b)
      .map(([day, totals]) => ({ day: dayText(day), ...judge([totals]) })),
    day_variance: spread.days,
  };
}

function merge(into: Map<number, Totals>, day: number, totals: Totals): void {
  const sum = into.get(day);
  if (sum === undefined) into.set(day, { ...totals });
  else for (const name of Object.keys(totals) as (keyof Totals)[]) sum[name] += totals[name];
}

function calibrationOf(
  days: readonly Totals[],
  spread: Spread,
  { alpha, tolerance }: CheckedOptions,
): Calibration {
  const sum = (name: keyof Totals): number => days.reduce((all, day) => all + day[name], 0);
  const worth = days.map((day) => tempered(countsOf(day), spread));
  const evidence = worth.reduce(
    (all, day) => ({ clicks: all.clicks + day.clicks, expected: all.expected + day.expected }),
    { clicks: 0, expected: 0 },
  );
  const [expected, judgedClicks] = [sum('expected'), sum('judgedClicks')];
  return {
    ...{ rows: sum('rows'), impressions: sum('impressions'), clicks: sum('clicks'), expected },
    ...observedFactor({ clicks: judgedClicks, expected }, confidenceSequence(evidence, alpha)),
    calibration_ratio: judgedClicks > 0 ? expected / judgedClicks : null,
    log_e_value: changeOf(worth, tolerance).logE,
  };
}
