import type { Evidence } from '../sequential/evidence.js';

/** Groups of fewer expected clicks say nothing of how groups differ: a single click would decide it. */
const LEAST_EXPECTED = 5;

/**
 * Factors of many groups, each pulled to that of all by how little is known of it, so that three
 * impressions do not win: the mean of a gamma distribution given its Poisson clicks, the distribution
 * being that of the groups (empirical Bayes; Clayton & Kaldor 1987), fitted by moments.
 * @returns factors by group, in order, and that of all, which groups have of which nothing was expected
 */
export function shrunkFactors(groups: readonly Evidence[]): { factors: number[]; mean: number } {
  const known = groups.filter(({ expected }) => expected >= LEAST_EXPECTED);
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
  const factors = groups.map((one) => {
    if (!(one.expected > 0) || !(between > 0)) return mean;
    return (one.clicks + mean ** 2 / between) / (one.expected + mean / between);
  });
  return { factors, mean };
}
