import { clampCtr } from '../clamp.js';
import { RocArea } from './auc.js';
import { logisticRegression } from './logistic-regression.js';
import { meanByFeature } from './mean-by-feature.js';
import { resample, type Resampling } from './bootstrap.js';
import { differencesOfNe, type NeDifference } from './comparison.js';
import type { EvaluationOptions } from './evaluation.js';
import { observedRows, withPredictions, type ObservedRows } from './judged-rows.js';
import { metricsOf } from './metrics.js';
import { MetricUnits } from './sums.js';
import { type CtrTable, exposures } from '../table/table.js';

/** A simpler way to predict, judged on the same held-out rows as the forest. */
export interface Baseline {
  readonly name: 'constant' | 'mean_by_feature' | 'logistic_regression';
  /** In words. */
  readonly description: string;
  readonly normalised_entropy: number;
  readonly log_loss: number;
  readonly r2: number;
  readonly weighted_r2: number;
  readonly mae: number;
  readonly rmse: number;
  readonly calibration_ratio: number;
  readonly auc: number | null;
  /** NE of the forest less that of the baseline, paired; below 0 the forest is better. */
  readonly forest_less_baseline: NeDifference;
}

/**
 * What the forest must beat to earn its keep: the average CTR, the mean by one feature, and a
 * logistic regression on the same features. All learn from the training rows alone.
 * @param predicted the forest's predictions of the held-out rows
 */
export function judgeBaselines(
  training: CtrTable,
  heldOut: CtrTable,
  predicted: Float64Array,
  options: EvaluationOptions = {},
): Baseline[] {
  const rows = observedRows(heldOut, options.groups);
  return besideBaselines(training, heldOut, predicted, rows, resample(rows, options));
}

/**
 * The same of rows that are resampled already.
 * @param rows the held-out table's
 */
export function besideBaselines(
  training: CtrTable,
  heldOut: CtrTable,
  predicted: Float64Array,
  rows: ObservedRows,
  resampling: Resampling,
): Baseline[] {
  const columns = heldOut.features;
  const rate = sum(training.clicks) / sum(exposures(training));
  const byFeature = meanByFeature(training);
  const rivals = [
    {
      name: 'constant' as const,
      description: 'the average CTR of the training rows',
      ctr: new Float64Array(columns.rows).fill(rate),
    },
    {
      name: 'mean_by_feature' as const,
      description: `the mean CTR by ${byFeature.feature}`,
      ctr: byFeature.predict(columns),
    },
    {
      name: 'logistic_regression' as const,
      description: 'logistic regression on the same features',
      ctr: logisticRegression(training)(columns),
    },
  ].map(({ ctr, ...told }) => ({ ...told, judged: withPredictions(rows, ctr.map(clampCtr)) }));
  const differences = differencesOfNe(
    rows,
    withPredictions(rows, predicted).predicted,
    rivals.map(({ judged }) => judged.predicted),
    resampling,
  );
  return rivals.map(({ name, description, judged }, k) => {
    const metrics = metricsOf(new MetricUnits(judged, resampling).total());
    const area = new RocArea(judged).area();
    return {
      name,
      description,
      normalised_entropy: metrics['normalised_entropy'],
      log_loss: metrics['log_loss'],
      r2: metrics['observed.r2'],
      weighted_r2: metrics['observed.weighted_r2'],
      mae: metrics['observed.mae'],
      rmse: metrics['observed.rmse'],
      calibration_ratio: metrics['calibration_ratio'],
      auc: Number.isNaN(area) ? null : area,
      forest_less_baseline: differences[k],
    };
  });
}

function sum(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0);
}
