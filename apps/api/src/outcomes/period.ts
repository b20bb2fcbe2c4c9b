import { DAY_MS, dayOf, startOf } from './days.js';

/** A day in the clock of a place that changes to winter time has 25 hours. */
const LONGEST_MS = (25 * DAY_MS) / 24;
/** How far the clock of another machine may be ahead of ours. */
export const AHEAD_MS = 300_000;

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)$/;
const DAY = /^\d{4}-\d\d-\d\d$/;

/** What outcomes were counted over: milliseconds since 1970, and the day that they count for. */
export interface Period {
  readonly start: number;
  readonly end: number;
  readonly day: string;
}

/** What a period must be, in words that follow "must be". */
export const PERIOD_RULE =
  'a day such as 2026-03-01, an instant such as 2026-03-01T10:00:00Z, or two of either with / between ' +
  'them that are at most a day apart, not in the future';

/** A moment of ISO 8601 with its zone, in milliseconds since 1970; undefined if the text is none. */
export function readInstant(text: unknown): number | undefined {
  if (typeof text !== 'string' || !INSTANT.test(text)) return undefined;
  const at = Date.parse(text);
  return Number.isNaN(at) || !isDay(text.slice(0, 10)) ? undefined : at;
}

/**
 * Reads a period: a UTC day, an instant, or an interval of ISO 8601 whose end is not part of it. It counts
 * for the UTC day that its middle lies in, so a day of another time zone counts for the day that it
 * shares most with.
 * @returns undefined for anything else, for more than a day, and for the future
 */
export function readPeriod(text: unknown, now: number): Period | undefined {
  if (typeof text !== 'string') return undefined;
  const [from, to, ...more] = text.split('/');
  if (more.length > 0) return undefined;
  const start = momentOf(from);
  const end = to === undefined ? (DAY.test(from) ? start! + DAY_MS : start) : endOf(from, to);
  if (start === undefined || end === undefined || Number.isNaN(end)) return undefined;
  if (end < start || end - start > LONGEST_MS || start > now + AHEAD_MS) return undefined;
  const day = dayOf((start + end) / 2);
  // A day of a zone that is ahead may be mostly ours of tomorrow.
  return { start, end, day: startOf(day) > now ? dayOf(now) : day };
}

/** `2026-03-01/2026-03-01` is how some write one day. */
function endOf(from: string, to: string): number | undefined {
  const end = momentOf(to);
  return end !== undefined && from === to && DAY.test(to) ? end + DAY_MS : end;
}

function momentOf(text: string): number | undefined {
  if (!DAY.test(text)) return readInstant(text);
  return isDay(text) ? startOf(text) : undefined;
}

/** Whether there is such a day; V8 takes the 30th of February for the 2nd of March. */
export function isDay(text: string): boolean {
  if (!DAY.test(text)) return false;
  const at = startOf(text);
  return !Number.isNaN(at) && dayOf(at) === text;
}
