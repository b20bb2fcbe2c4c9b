import normal from '@stdlib/stats-base-dists-normal';

/** What an experiment is to find. */
export interface SizeWanted {
  /** CTR of the control, in (0, 1). */
  readonly ctr: number;
  /** Relative difference to be found, above −1 and not 0. */
  readonly uplift: number;
  /** Planned shares of the control and of the arm held against it. */
  readonly shares: readonly [control: number, arm: number];
  /** Probability of a false alarm, already divided among the comparisons. */
  readonly alpha: number;
  /** Probability to have found it at this size. */
  readonly power: number;
  /** Of the prior, as of `ratioEvidence`. */
  readonly scale: number;
  /** How many times as much as independent impressions' clicks vary. */
  readonly dispersion: number;
}

const MOST = 1e15;

/**
 * Impressions of all arms together after which the test of `ratio.ts` has found a difference with this
 * probability. Most experiments end before: they are looked at all the time, and a test of fixed size,
 * which `sample-size` of @adscale/decisions gives, only at its end.
 *
 * By the normal approximation of the mixture: with information V on the log ratio and prior variance τ²,
 * log E = z² Vτ² / 2(1 + Vτ²) − log(1 + Vτ²) / 2 (Howard and others 2021, equation 14), of which the
 * prior's wider half is left out.
 * @returns Infinity where more than 10^15 were needed
 */
export function experimentSize(wanted: SizeWanted): number {
  const { ctr, uplift, shares, alpha, power, scale, dispersion } = wanted;
  const effect = Math.abs(Math.log1p(uplift));
  const variance = dispersion * (1 / (shares[0] * ctr) + 1 / (shares[1] * ctr * (1 + uplift)));
  const isEnough = (impressions: number): boolean => {
    const information = impressions / variance;
    const z = effect * Math.sqrt(information) - normal.quantile(power, 0, 1);
    const ratio = information * scale ** 2;
    const evidence = (z * z * ratio) / (2 * (1 + ratio)) - Math.log1p(ratio) / 2 - Math.LN2;
    return z > 0 && evidence >= -Math.log(alpha);
  };
  let [low, high] = [1, MOST];
  if (!isEnough(high)) return Infinity;
  while (high - low > Math.max(1, low * 1e-6)) {
    const middle = Math.sqrt(low * high);
    if (isEnough(middle)) high = middle;
    else low = middle;
  }
  return Math.ceil(high);
}
