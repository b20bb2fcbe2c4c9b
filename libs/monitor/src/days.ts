import { MonitorError } from './errors.js';

const DAY_MS = 86_400_000;
/** Days that were read: reports read the same few millions of times. */
const read = new Map<string, number>();
const MOST_READ = 4096;

/**
 * Days since 1970-01-01 of a UTC day.
 * @param field what it is, for the message
 * @throws MonitorError OPTION_INVALID unless it is `YYYY-MM-DD` of the calendar
 */
export function dayNumber(day: string, field = 'day'): number {
  const known = read.get(day);
  if (known !== undefined) return known;
  const at = /^\d{4}-\d{2}-\d{2}$/.test(day) ? Date.parse(`${day}T00:00:00Z`) : NaN;
  if (!Number.isNaN(at) && dayText(at / DAY_MS) === day) {
    if (read.size >= MOST_READ) read.clear();
    read.set(day, at / DAY_MS);
    return at / DAY_MS;
  }
  throw new MonitorError(
    'OPTION_INVALID',
    `${field} is ${JSON.stringify(day)}, and must be a day such as 2026-03-01`,
    field,
  );
}

/** The day that is so many days after 1970-01-01, `YYYY-MM-DD`. */
export function dayText(number: number): string {
  return new Date(number * DAY_MS).toISOString().slice(0, 10);
}
