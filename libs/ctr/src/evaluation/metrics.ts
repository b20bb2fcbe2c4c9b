import { mean, type OutOfBagResult } from '@adscale/forest';
import { clampCtr, MIN_CTR } from '../clamp.js';
import type { fitInput } from '../table/table.js';
import {
  crossEntropy,
  type ByWeight,
  type EntropySums,
  type Distances,
  type Sums,
  type Total,
} from './sums.js';

/** Every metric that sums tell, by its name in an evaluation: `observed.r2`, `log_loss`, … */
export type Metrics = Readonly<Record<string, number>>;

/** Metrics from sums over units, which `total` adds up. */
export function metricsOf(sums: Sums, total: Total): Metrics {
  const impressions = total(sums.impressions);
  const clicks = total(sums.clicks);
  const rows = total(sums.rows);
  const metrics: Record<string, number> = {
    log_loss: total(sums.loss) / impressions,
    normalised_entropy: entropyOf(sums, total),
    calibration_ratio: total(sums.predictedClicks) / clicks,
    ...fitMetrics('observed', sums.observed, rows, impressions, total),
  };
  const ceiling = ceilings(sums.binomialNoise, sums.observed, rows, impressions, total);
  metrics['noise_ceiling_estimate'] = ceiling.plain;
  metrics['weighted_noise_ceiling_estimate'] = ceiling.weighted;
  let known = ceiling;
  if (sums.true !== undefined && sums.noise !== undefined) {
    Object.assign(metrics, fitMetrics('true', sums.true, rows, impressions, total));
    known = ceilings(sums.noise, sums.observed, rows, impressions, total);
    metrics['noise_ceiling'] = known.plain;
    metrics['weighted_noise_ceiling'] = known.weighted;
  }
  metrics['share_of_ceiling'] = metrics['observed.r2'] / known.plain;
  metrics['weighted_share_of_ceiling'] = metrics['observed.weighted_r2'] / known.weighted;
  return metrics;
}

/** Log loss over that of always predicting the mean rate. */
export function entropyOf({ loss, impressions, clicks }: EntropySums, total: Total): number {
  const all = total(impressions);
  return total(loss) / all / crossEntropyOf(total(clicks) / all);
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
  const told = Uint32Array.from(predictions.keys()).filter(
    (row) => !Number.isNaN(predictions[row]),
  );
  const impressions = Float64Array.from(
    told,
    (row) => (weight === undefined ? 1 : weight[row]) * (count === undefined ? 1 : count[row]),
  );
  const observed = Float64Array.from(told, (row) => target[row]);
  const loss = Float64Array.from(told, (row) =>
    crossEntropy(target[row], Math.min(1 - MIN_CTR, clampCtr(predictions[row]))),
  );
  const rate = mean(observed, impressions);
  return mean(loss, impressions) / crossEntropyOf(rate);
}

/** Log loss of always predicting the mean rate. */
function crossEntropyOf(rate: number): number {
  return crossEntropy(rate, rate);
}

function fitMetrics(
  against: string,
  { plain, weighted }: Distances,
  rows: number,
  impressions: number,
  total: Total,
): Record<string, number> {
  const squares = { plain: total(plain.squares), weighted: total(weighted.squares) };
  const spread = {
    plain: variation(total(plain.values), total(plain.valueSquares), rows),
    weighted: variation(total(weighted.values), total(weighted.valueSquares), impressions),
  };
  return {
    [`${against}.r2`]: 1 - squares.plain / spread.plain,
    [`${against}.mae`]: total(plain.distances) / rows,
    [`${against}.rmse`]: Math.sqrt(squares.plain / rows),
    [`${against}.weighted_r2`]: 1 - squares.weighted / spread.weighted,
    [`${against}.weighted_mae`]: total(weighted.distances) / impressions,
    [`${against}.weighted_rmse`]: Math.sqrt(squares.weighted / impressions),
  };
}

/** Σ (y − ȳ)² of values whose sum and sum of squares are known; 0 where no more is left than rounding. */
function variation(sum: number, squares: number, weight: number): number {
  const left = squares - (sum * sum) / weight;
  return left > 1e-12 * squares ? left : 0;
}

/** R² of a model that leaves only `noise` unexplained. */
function ceilings(
  noise: ByWeight<Float64Array>,
  { plain, weighted }: Distances,
  rows: number,
  impressions: number,
  total: Total,
): ByWeight<number> {
  const spreadOf = (sums: Distances['plain'], weight: number): number =>
    variation(total(sums.values), total(sums.valueSquares), weight);
  return {
    plain: 1 - total(noise.plain) / spreadOf(plain, rows),
    weighted: 1 - total(noise.weighted) / spreadOf(weighted, impressions),
  };
}
