/* Days are UTC and written as 2026-03-01; tables have them as seconds since 1970. */

/** Seconds of a day. */
export const DAY = 86_400;

/** Seconds since 1970 at which a day begins. */
export const momentOf = (day: string): number => Date.parse(`${day}T00:00:00Z`) / 1000;

/** The day of a moment. @param moment seconds since 1970 */
export const dayOf = (moment: number): string => new Date(1000 * moment).toISOString().slice(0, 10);

/** Smaller numbers are a time of the user's own. */
const LEAST_MOMENT = 1e8;

/** The latest moment of rows whose times are dates; undefined of rows without such times. */
export function latestMoment(time: Float64Array | undefined): number | undefined {
  if (time === undefined) return undefined;
  const latest = time.reduce((most, t) => (t > most ? t : most), -Infinity);
  return latest >= LEAST_MOMENT ? latest : undefined;
}
