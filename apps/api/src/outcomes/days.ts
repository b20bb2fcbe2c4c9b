/** A UTC day has no other length. */
export const DAY_MS = 86_400_000;

/** Of many moments, most are of the same day. */
let latest = { start: NaN, day: '' };

/** The UTC day of a moment, `YYYY-MM-DD`. @param at milliseconds since 1970 */
export function dayOf(at: number): string {
  const start = at - (at % DAY_MS);
  if (start !== latest.start) latest = { start, day: new Date(at).toISOString().slice(0, 10) };
  return latest.day;
}

/** When a UTC day begins, in milliseconds since 1970. */
export function startOf(day: string): number {
  return Date.parse(`${day}T00:00:00Z`);
}

/** The day so many days before another. */
export function daysBefore(day: string, days: number): string {
  return dayOf(startOf(day) - days * DAY_MS);
}

/** Whole days from the beginning of a day to a moment: 0 on the day itself, and never less. */
export function ageAt(day: string, at: number): number {
  return Math.max(0, Math.floor((at - startOf(day)) / DAY_MS));
}
