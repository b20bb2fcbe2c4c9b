import { percentileInterval, resample, type MetricInterval, type Resampling } from './bootstrap.js';
import { entropyOf } from './metrics.js';
import { drawn, sumUpEntropy, whole } from './sums.js';
import type { EvaluationOptions } from './evaluation.js';
import { judgedRows, type JudgedRows } from './judged-rows.js';
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
 */
export function compareNe(
  first: Float64Array,
  second: Float64Array,
  table: CtrTable,
  options: EvaluationOptions = {},
): NeDifference {
  const rows = judgedRows(table, first, options.groups);
  const others = judgedRows(table, second, options.groups);
  return differenceOfNe(rows, others, resample(rows, options));
}

/** The same for rows that are resampled already. */
export function differenceOfNe(
  first: JudgedRows,
  second: JudgedRows,
  resampling: Resampling,
): NeDifference {
  const [one, other] = [sumUpEntropy(first, resampling), sumUpEntropy(second, resampling)];
  const replicates = resampling.draws.map((draws) => {
    const total = drawn(draws);
    return entropyOf(one, total) - entropyOf(other, total);
  });
  return {
    difference: entropyOf(one, whole) - entropyOf(other, whole),
    interval: percentileInterval(replicates, resampling.level),
  };
}
