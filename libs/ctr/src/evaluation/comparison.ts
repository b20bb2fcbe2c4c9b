import { percentileInterval, resample, type MetricInterval, type Resampling } from './bootstrap.js';
import { entropyOf } from './metrics.js';
import { sumUpEntropy } from './sums.js';
import type { EvaluationOptions } from './evaluation.js';
import { observedRows, withPredictions, type ObservedRows } from './judged-rows.js';
import type { CtrTable } from '../table/table.js';

/** Of two NEs on the same rows: the first less the second. */
export interface NeDifference {
  /** Below 0: the first is better. */
  readonly difference: number;
  readonly interval: MetricInterval;
}

/**
 * The difference in normalised entropy of two predictions of the same rows, with the interval of a
 * paired bootstrap: both are judged on the same replicates, so what makes rows easy or hard cancels.
 * @param first one a table row
 * @param second one a table row
 */
export function compareNe(
  first: Float64Array,
  second: Float64Array,
  table: CtrTable,
  options: EvaluationOptions = {},
): NeDifference {
  const rows = observedRows(table, options.groups);
  const [one, other] = [first, second].map((all) => withPredictions(rows, all).predicted);
  return differencesOfNe(rows, one, [other], resample(rows, options))[0];
}

/**
 * One prediction less each of several others, of rows that are resampled already.
 * @param first one a judged row
 * @param others one a judged row each
 */
export function differencesOfNe(
  rows: ObservedRows,
  first: Float64Array,
  others: readonly Float64Array[],
  resampling: Resampling,
): NeDifference[] {
  const sums = sumUpEntropy(rows, [first, ...others], resampling);
  const differences = (draws?: Float64Array): number[] => {
    const [impressions, clicks, ...losses] = sums.total(draws);
    const [one, ...rest] = losses.map((loss) => entropyOf(impressions, clicks, loss));
    return rest.map((other) => one - other);
  };
  const whole = differences();
  const replicates = resampling.draws.map((draws) => differences(draws));
  return whole.map((difference, k) => ({
    difference,
    interval: percentileInterval(
      replicates.map((replicate) => replicate[k]),
      resampling.level,
    ),
  }));
}
