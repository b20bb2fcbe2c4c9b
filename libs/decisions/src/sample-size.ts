/*
 * How many impressions a live test needs. Fleiss, Levin and Paik, Statistical Methods for Rates
 * and Proportions, 3rd edition (2003): two proportions with equal arms, section 4.2, with the
 * continuity correction of Casagrande, Pike and Smith (1978); one proportion against a known rate,
 * section 2.4; precision of one proportion, the normal interval.
 */
import { quantileOf, reachOf } from './error/distributions.js';

export interface TestSize {
  readonly impressions_per_arm: number;
  /** The same with the correction for continuity: what a chi-squared test so corrected needs. */
  readonly impressions_per_arm_corrected: number;
}

/**
 * Impressions that each of two arms needs for a two-sided test to see a difference.
 * @param first the CTR of one arm, in (0, 1)
 * @param second that of the other
 * @param significance probability of a false alarm, in (0, 1)
 * @param power probability of seeing the difference, in (0, 1); any test has half the significance, so
 *   that for less a single impression does
 * @returns undefined if there is no difference to see
 */
export function twoProportionSize(
  first: number,
  second: number,
  significance: number,
  power: number,
): TestSize | undefined {
  const difference = Math.abs(first - second);
  if (difference === 0) return undefined;
  const mean = (first + second) / 2;
  const alike = Math.sqrt(2 * mean * (1 - mean));
  const apart = Math.sqrt(first * (1 - first) + second * (1 - second));
  const root = quantileOf(1 - significance / 2) * alike + quantileOf(power) * apart;
  if (root <= 0) return { impressions_per_arm: 1, impressions_per_arm_corrected: 1 };
  const size = (root / difference) ** 2;
  const corrected = (size / 4) * (1 + Math.sqrt(1 + 4 / (size * difference))) ** 2;
  return {
    impressions_per_arm: Math.ceil(size),
    impressions_per_arm_corrected: Math.ceil(corrected),
  };
}

/**
 * Impressions for a one-sided test to see that a CTR differs from a known rate.
 * @returns undefined if it does not differ
 */
export function oneProportionSize(
  ctr: number,
  rate: number,
  significance: number,
  power: number,
): number | undefined {
  if (ctr === rate) return undefined;
  const root =
    quantileOf(1 - significance) * Math.sqrt(rate * (1 - rate)) +
    quantileOf(power) * Math.sqrt(ctr * (1 - ctr));
  return Math.max(1, Math.ceil((Math.max(0, root) / (ctr - rate)) ** 2));
}

/** Impressions after which the observed CTR is within `share` of the true one, `level` of the time. */
export function precisionSize(ctr: number, share: number, level: number): number {
  return Math.ceil(((reachOf(level) / share) ** 2 * (1 - ctr)) / ctr);
}
