/*
 * How many clicks a number of impressions will get. A count has two kinds of uncertainty: which
 * impressions are clicked (binomial, independent between placements) and what the CTR is (the
 * model's error, shared between placements).
 *
 * Counts are not below 0 and lean to the right, so their intervals are those of the gamma
 * distribution with the count's mean and variance, by Wilson and Hilferty's (1931) cube: for many
 * clicks it is the normal interval, for few it stays above 0.
 */
import type { Range } from '../answer.js';

/** Variance of the clicks that so many impressions get at a known CTR. */
export function clickNoise(ctr: number, impressions: number): number {
  return impressions * ctr * (1 - ctr);
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
