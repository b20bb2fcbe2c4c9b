/*
 * Many segments are looked at, and the luckiest looks worst. e-BH (Wang & Ramdas 2022) finds, of m
 * e-values, the k largest for the largest k that has k of them at m / (α k) or more. Of those found, a
 * share of α is false at most, on average, however the e-values depend on each other.
 *
 * If nothing is wrong at all, whatever is found is false. Then at the moment of any finding the mean of
 * the e-values is 1/α or more; a mean of e-processes is one; so in a quiet time something is ever found
 * with probability α at most (Ville), however often one looks.
 */

/**
 * Which e-values are too large to be chance.
 * @param logs logarithms of e-values
 * @param alpha in (0, 1)
 * @returns their places, the largest e-value first; equal ones in their order
 */
export function eBenjaminiHochberg(logs: ArrayLike<number>, alpha: number): number[] {
  const places = Array.from({ length: logs.length }, (_, place) => place);
  places.sort((a, b) => logs[b] - logs[a] || a - b);
  const least = Math.log(logs.length / alpha);
  const found = places.findLastIndex((place, rank) => logs[place] >= least - Math.log(rank + 1));
  return places.slice(0, found + 1);
}
