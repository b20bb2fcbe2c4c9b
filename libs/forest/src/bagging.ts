import type { FitParameters } from './parameters.js';
import type { Random } from './random.js';

/**
 * Draws one tree's bag: how often each row is in it (Breiman 1996: rows drawn with replacement;
 * without bootstrap each row at most once). A row with count 0 is out of bag.
 * @param counts one entry a row, overwritten
 * @returns the number of distinct rows in the bag
 */
export function drawBag(
  counts: Uint16Array,
  { bootstrap, sampleFraction }: Pick<FitParameters, 'bootstrap' | 'sampleFraction'>,
  random: Random,
): number {
  const rows = counts.length;
  const draws = Math.max(1, Math.round(rows * sampleFraction));
  if (!bootstrap) return drawWithout(counts, draws, random);
  counts.fill(0);
  let distinct = 0;
  for (let i = 0; i < draws; i++) {
    const row = random.below(rows);
    distinct += +(counts[row] === 0);
    counts[row]++;
  }
  return distinct;
}

/** Selection sampling (Knuth, TAOCP 2, algorithm S): one pass, exactly `draws` rows. */
function drawWithout(counts: Uint16Array, draws: number, random: Random): number {
  let wanted = draws;
  for (let row = 0; row < counts.length; row++) {
    const take = random.below(counts.length - row) < wanted;
    counts[row] = +take;
    wanted -= +take;
  }
  return draws;
}
