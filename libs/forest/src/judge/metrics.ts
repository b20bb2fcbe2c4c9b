/** Measures of a prediction against what was observed; `weight` absent means every row counts 1. */

type Numbers = ArrayLike<number>;

/** Σ w (y − f)² over Σ w. Square it back with `rmse`. */
function meanSquare(observed: Numbers, predicted: Numbers, weight?: Numbers): number {
  let total = 0;
  let sum = 0;
  for (let i = 0; i < observed.length; i++) {
    const w = weight === undefined ? 1 : weight[i];
    const error = observed[i] - predicted[i];
    total += w;
    sum += w * error * error;
  }
  return sum / total;
}

/** The weighted mean of `values`; NaN if the weights sum to 0. */
export function mean(values: Numbers, weight?: Numbers): number {
  let total = 0;
  let sum = 0;
  for (let i = 0; i < values.length; i++) {
    const w = weight === undefined ? 1 : weight[i];
    total += w;
    sum += w * values[i];
  }
  return sum / total;
}

/** Share of the (weighted) variance explained: 1 is perfect, 0 the mean, below 0 worse than that. */
export function r2(observed: Numbers, predicted: Numbers, weight?: Numbers): number {
  const centre = mean(observed, weight);
  const constant = new Float64Array(observed.length).fill(centre);
  return 1 - meanSquare(observed, predicted, weight) / meanSquare(observed, constant, weight);
}

/** Root of the (weighted) mean square error, in the target's unit. */
export function rmse(observed: Numbers, predicted: Numbers, weight?: Numbers): number {
  return Math.sqrt(meanSquare(observed, predicted, weight));
}

/** (Weighted) mean absolute error, in the target's unit. */
export function mae(observed: Numbers, predicted: Numbers, weight?: Numbers): number {
  const errors = Float64Array.from({ length: observed.length }, (_, i) =>
    Math.abs(observed[i] - predicted[i]),
  );
  return mean(errors, weight);
}

/**
 * Log loss per unit of weight of predicted probabilities against observed rates in [0, 1].
 * A prediction of 0 or 1 that is wrong costs Infinity.
 */
export function logLoss(observed: Numbers, predicted: Numbers, weight?: Numbers): number {
  const term = (share: number, probability: number): number =>
    share === 0 ? 0 : share * Math.log(probability);
  const losses = Float64Array.from(
    { length: observed.length },
    (_, i) => -term(observed[i], predicted[i]) - term(1 - observed[i], 1 - predicted[i]),
  );
  return mean(losses, weight);
}

/**
 * Normalised entropy (He et al. 2014): log loss over that of always predicting the mean rate.
 * Below 1 is better than the mean.
 */
export function normalisedEntropy(observed: Numbers, predicted: Numbers, weight?: Numbers): number {
  const constant = new Float64Array(observed.length).fill(mean(observed, weight));
  return logLoss(observed, predicted, weight) / logLoss(observed, constant, weight);
}
