/*
 * The two distributions that intervals and chances are read from.
 *
 * The normal law is that of the model's error. The number of clicks that impressions will get has
 * two kinds of uncertainty: which impressions are clicked (binomial, independent between
 * placements) and what the CTR is (the model's error, shared between placements). Counts are not
 * below 0 and lean to the right, so their intervals are those of the gamma distribution with the
 * count's mean and variance, by Wilson and Hilferty's (1931) cube: for many clicks it is the normal
 * interval, for few it stays above 0.
 */
import normal from '@stdlib/stats-base-dists-normal';
import type { Range } from '../answer.js';

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

/**
 * Variance of the clicks that so many impressions of a placement get at a known CTR.
 * @param rho overdispersion: correlation of the impressions' outcomes within the placement, 0 to 1
 *   (Williams 1982)
 */
export function clickNoise(ctr: number, impressions: number, rho = 0): number {
  return impressions * ctr * (1 - ctr) * (1 + Math.max(0, impressions - 1) * rho);
}

/**
 * The interval that reaches so many standard deviations either side of a count.
 * @param mean ≥ 0
 * @param most what the count cannot exceed
 */
export function countInterval(mean: number, variance: number, reach: number, most: number): Range {
  if (!(mean > 0 && variance > 0)) return { low: mean, high: mean };
  const ninth = variance / (9 * mean * mean);
  const at = (z: number): number => mean * Math.max(0, 1 - ninth + z * Math.sqrt(ninth)) ** 3;
  return { low: Math.min(most, at(-reach)), high: Math.min(most, at(reach)) };
}
