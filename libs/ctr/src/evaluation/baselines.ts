import { clampCtr } from '../clamp.js';
import { logisticRegression } from './logistic-regression.js';
import { meanByFeature } from './mean-by-feature.js';
import { resample } from './bootstrap.js';
import { differenceOfNe, type NeDifference } from './comparison.js';
import { evaluatePredictions, type EvaluationOptions } from './evaluation.js';
import { judgedRows } from './judged-rows.js';
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
  ];
  const ofForest = judgedRows(heldOut, predicted, options.groups);
  const resampling = resample(ofForest, options);
  return rivals.map(({ name, description, ctr }) => {
    const clamped = ctr.map(clampCtr);
    const { observed, ...others } = evaluatePredictions(clamped, heldOut, {
      ...options,
      replicates: 0,
    });
    return {
      name,
      description,
      normalised_entropy: others.normalised_entropy,
      log_loss: others.log_loss,
      r2: observed.r2,
      weighted_r2: observed.weighted_r2,
      mae: observed.mae,
      rmse: observed.rmse,
      calibration_ratio: others.calibration_ratio,
      auc: others.auc,
      forest_less_baseline: differenceOfNe(ofForest, judgedRows(heldOut, clamped), resampling),
    };
  });
}

function sum(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0);
}
