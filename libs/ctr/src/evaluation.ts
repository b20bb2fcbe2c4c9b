import { logLoss, mae, mean, normalisedEntropy, r2, rmse, type Forest } from '@adscale/forest';
import { clampCtr } from './clamp.js';
import { observedCtr, type CtrTable } from './table.js';

/** Distance of predicted CTR from another CTR; rows counting alike, or by their impressions. */
export interface Fit {
  readonly r2: number;
  readonly mae: number;
  readonly rmse: number;
  readonly weighted_r2: number;
  readonly weighted_mae: number;
  readonly weighted_rmse: number;
}

/** How good a model is on rows it did not see. All CTRs are fractions, not per cent. */
export interface Evaluation {
  readonly rows: number;
  readonly impressions: number;
  readonly clicks: number;
  /** Against clicks / impressions, which carries binomial noise. */
  readonly observed: Fit;
  /** Against the generator's own CTR, where it is known. */
  readonly true?: Fit;
  /** R² that a perfect model would score against observed CTR, where the truth is known. */
  readonly noise_ceiling?: number;
  /** Log loss per impression. */
  readonly log_loss: number;
  /** Log loss over that of the average CTR; below 1 is better than the average. */
  readonly normalised_entropy: number;
  /** Σ predicted clicks / Σ observed clicks; 1 is calibrated. */
  readonly calibration_ratio: number;
}

/** Clamped predictions of every row of a table. */
export function predictTable(forest: Forest, { features }: CtrTable): Float64Array {
  const compiled = forest.compile();
  const row = new Float64Array(features.values.length);
  return Float64Array.from({ length: features.rows }, (_, i) => {
    for (let f = 0; f < row.length; f++) row[f] = features.values[f][i];
    return clampCtr(compiled.predict(row));
  });
}

/** Judges a forest on a table, by rows and by impressions. */
export function evaluate(forest: Forest, table: CtrTable): Evaluation {
  const predicted = predictTable(forest, table);
  const observed = observedCtr(table);
  const { impressions, clicks, trueCtr } = table;
  const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0);
  return {
    rows: table.features.rows,
    impressions: sum(impressions),
    clicks: sum(clicks),
    observed: fitTo(observed, predicted, impressions),
    ...(trueCtr === undefined
      ? {}
      : { true: fitTo(trueCtr, predicted, impressions), noise_ceiling: r2(observed, trueCtr) }),
    log_loss: logLoss(observed, predicted, impressions),
    normalised_entropy: normalisedEntropy(observed, predicted, impressions),
    calibration_ratio: mean(predicted, impressions) / mean(observed, impressions),
  };
}

function fitTo(ctr: Float64Array, predicted: Float64Array, weight: Float64Array): Fit {
  return {
    r2: r2(ctr, predicted),
    mae: mae(ctr, predicted),
    rmse: rmse(ctr, predicted),
    weighted_r2: r2(ctr, predicted, weight),
    weighted_mae: mae(ctr, predicted, weight),
    weighted_rmse: rmse(ctr, predicted, weight),
  };
}
