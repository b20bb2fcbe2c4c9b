import type { OutOfBagResult } from '@adscale/forest';
import { clampCtr, MIN_CTR } from '../clamp.js';
import type { fitInput } from '../table/table.js';
import { crossEntropy, type DistanceSums, type MetricSums, type WeighedSums } from './sums.js';

/** Every metric that sums tell, by its name in an evaluation: `observed.r2`, `log_loss`, … */
export type Metrics = Readonly<Record<string, number>>;

/** Metrics from sums over rows. */
export function metricsOf({ clicks, predictedClicks, loss, plain, weighted }: MetricSums): Metrics {
  const metrics: Record<string, number> = {
    log_loss: loss / weighted.weight,
    normalised_entropy: entropyOf(weighted.weight, clicks, loss),
    calibration_ratio: predictedClicks / clicks,
    ...fitMetrics('observed', plain, weighted),
    noise_ceiling_estimate: ceiling(plain.binomialNoise, plain),
    weighted_noise_ceiling_estimate: ceiling(weighted.binomialNoise, weighted),
  };
  let known = 'noise_ceiling_estimate';
  if (plain.noise !== undefined && weighted.noise !== undefined) {
    Object.assign(metrics, fitMetrics('true', plain, weighted));
    known = 'noise_ceiling';
    metrics[known] = ceiling(plain.noise, plain);
    metrics[`weighted_${known}`] = ceiling(weighted.noise, weighted);
  }
  metrics['share_of_ceiling'] = metrics['observed.r2'] / metrics[known];
  metrics['weighted_share_of_ceiling'] =
    metrics['observed.weighted_r2'] / metrics[`weighted_${known}`];
  return metrics;
}

/**
 * Log loss over that of always predicting the mean rate.
 * @param loss the log loss of all impressions together
 */
export function entropyOf(impressions: number, clicks: number, loss: number): number {
  return loss / impressions / crossEntropyOf(clicks / impressions);
}

/**
 * Normalised entropy by impressions, each training row predicted by the trees that did not see it;
 * rows that every tree saw are left out.
 * @param input what the forest was fitted to
 */
export function outOfBagEntropy(
  { predictions }: Pick<OutOfBagResult, 'predictions'>,
  { target, weight, count }: ReturnType<typeof fitInput>,
): number {
  let [impressions, clicks, loss] = [0, 0, 0];
  for (let row = 0; row < predictions.length; row++) {
    if (Number.isNaN(predictions[row])) continue;
    const n = (weight === undefined ? 1 : weight[row]) * (count === undefined ? 1 : count[row]);
    impressions += n;
    clicks += n * target[row];
    loss += n * crossEntropy(target[row], Math.min(1 - MIN_CTR, clampCtr(predictions[row])));
  }
  return entropyOf(impressions, clicks, loss);
}

/** Log loss of always predicting the mean rate. */
function crossEntropyOf(rate: number): number {
  return crossEntropy(rate, rate);
}

function fitMetrics(
  against: 'observed' | 'true',
  plain: WeighedSums,
  weighted: WeighedSums,
): Record<string, number> {
  const [one, other] = [plain[against]!, weighted[against]!];
  return {
    [`${against}.r2`]: 1 - one.squares / variation(one, plain.weight),
    [`${against}.mae`]: one.distances / plain.weight,
    [`${against}.rmse`]: Math.sqrt(one.squares / plain.weight),
    [`${against}.weighted_r2`]: 1 - other.squares / variation(other, weighted.weight),
    [`${against}.weighted_mae`]: other.distances / weighted.weight,
    [`${against}.weighted_rmse`]: Math.sqrt(other.squares / weighted.weight),
  };
}

/** Σ (y − ȳ)² of values whose sum and sum of squares are known; 0 where no more is left than rounding. */
function variation({ values, valueSquares }: DistanceSums, weight: number): number {
  const left = valueSquares - (values * values) / weight;
  return left > 1e-12 * valueSquares ? left : 0;
}

/** R² of a model that leaves only `noise` unexplained. */
function ceiling(noise: number, { observed, weight }: WeighedSums): number {
  return 1 - noise / variation(observed, weight);
}
