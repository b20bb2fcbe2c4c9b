import normal from '@stdlib/stats-base-dists-normal';

/** Probability that a standard normal variable is at most `z`. */
export function below(z: number): number {
  return normal.cdf(z, 0, 1);
}

/** The z that a standard normal variable stays below with this probability. */
export function quantileOf(probability: number): number {
  return normal.quantile(probability, 0, 1);
}

/** How many standard deviations either side hold a normal variable `level` of the time. */
export function reachOf(level: number): number {
  return quantileOf((1 + level) / 2);
}

/** Probability that a normal difference with this mean and deviation is above 0; a tie is half. */
export function chanceAbove(mean: number, deviation: number): number {
  if (deviation === 0) return mean === 0 ? 0.5 : +(mean > 0);
  return below(mean / deviation);
}
