import type { Evidence } from '../sequential/evidence.js';

/**
 * Factors of many groups, each pulled to that of all by how little is known of it, so that three
 * impressions do not win: the mean of a gamma distribution given its Poisson clicks, the distribution
 * being that of the groups (empirical Bayes; Clayton & Kaldor 1987), fitted by moments.
 * @returns by group, in order; the factor of all where nothing was expected of a group
 */
export function shrunkFactors(groups: readonly Evidence[]): number[] {
  const known = groups.filter(({ expected }) => expected > 0);
  const [clicks, expected, squares] = known.reduce(
    ([c, e, s], one) => [c + one.clicks, e + one.expected, s + one.expected ** 2],
    [0, 0, 0],
  );
  const mean = expected > 0 ? clicks / expected : 1;
  const spread = known.reduce(
    (sum, one) => sum + one.expected * (one.clicks / one.expected - mean) ** 2,
    0,
  );
  const room = expected - squares / expected;
  const between = room > 0 ? Math.max(0, (spread - (known.length - 1) * mean) / room) : 0;
  return groups.map((one) => {
    if (!(one.expected > 0) || !(between > 0)) return mean;
    return (one.clicks + mean ** 2 / between) / (one.expected + mean / between);
  });
}
