/* Months in which nothing goes wrong, looked at at the end of every day. */
import { monitor } from '@adscale/monitor';
import { chanceOf, dayOf, placementsOf } from './traffic.mjs';

const DAYS = 30;

/** @returns whether any day named a cause, and whether any raised a sign */
export async function quietMonth(seed, { placements: count, ...options }) {
  const chance = chanceOf(`quiet ${seed}`);
  const placements = placementsOf(chance, count);
  const days = [];
  const seen = { cause: false, sign: false };
  for (let day = 0; day < DAYS; day++) {
    days.push(dayOf(chance, placements, day, options));
    const { causes, signs } = await monitor(days);
    seen.cause ||= causes.length > 0;
    seen.sign ||= signs.some(({ raised }) => raised);
  }
  return seen;
}
