import { dayNumber } from '../days.js';
import { MonitorError } from '../errors.js';

/**
 * What was told of a day when it had some age: a sum over keys, which a database can make. Of each key's
 * revisions, the first is `first_…`; each later one adds what it changed to `more_…`.
 */
export interface GrowthRow {
  /** Part of the traffic that may grow in its own way; absent or null: only counted overall. */
  readonly segment?: string | null;
  /** The day that was counted, UTC, `YYYY-MM-DD`. */
  readonly day: string;
  /** Whole days from that day to the one on which this was told; 0: the same day. */
  readonly age: number;
  /** Counts of keys that were told for the first time. */
  readonly first_impressions: number;
  readonly first_clicks: number;
  /** New minus old counts of keys that were told before; may be negative. */
  readonly more_impressions: number;
  readonly more_clicks: number;
}

/** From one age to the next, of one day: what it had, and what the same keys had then. */
export interface Growing {
  readonly before: number;
  readonly after: number;
}

/** By age from 0: the days that were seen at this age and the next. */
export type Triangle = readonly (readonly Growing[])[];

export interface Triangles {
  readonly impressions: Triangle;
  readonly clicks: Triangle;
}

/** Restatements of older days are left out: nobody waits so long. */
const OLDEST = 120;
const COUNTS = ['impressions', 'clicks'] as const;

interface Told {
  readonly first: number;
  readonly more: number;
}

/** What was told of one day: by count, by age. */
type DayTold = Record<'impressions' | 'clicks', Map<number, Told>>;

/** @param last day number of the last day whose deliveries are all in */
export function triangles(
  rows: Iterable<GrowthRow>,
  last: number,
): { overall: Triangles; segments: Map<string, Triangles> } {
  const all = new Map<number, DayTold>();
  const parts = new Map<string, Map<number, DayTold>>();
  for (const row of rows) {
    check(row);
    addTo(all, row);
    if (row.segment === undefined || row.segment === null) continue;
    let part = parts.get(row.segment);
    if (part === undefined) parts.set(row.segment, (part = new Map()));
    addTo(part, row);
  }
  const made = (days: ReadonlyMap<number, DayTold>): Triangles => ({
    impressions: triangleOf(days, 'impressions', last),
    clicks: triangleOf(days, 'clicks', last),
  });
  const segments = new Map([...parts].map(([name, days]) => [name, made(days)]));
  return { overall: made(all), segments };
}

function check(row: GrowthRow): void {
  const refuse = (field: keyof GrowthRow, wanted: string): never => {
    const detail = `${field} is ${row[field]}, and must be ${wanted}`;
    throw new MonitorError('GROWTH_INVALID', detail, field);
  };
  if (!(Number.isInteger(row.age) && row.age >= 0)) refuse('age', 'whole days, 0 or more');
  for (const count of COUNTS) {
    if (!(row[`first_${count}`] >= 0)) refuse(`first_${count}`, '0 or more');
    if (!Number.isFinite(row[`more_${count}`])) refuse(`more_${count}`, 'a number');
  }
}

function addTo(days: Map<number, DayTold>, row: GrowthRow): void {
  const day = dayNumber(row.day);
  let told = days.get(day);
  if (told === undefined) days.set(day, (told = { impressions: new Map(), clicks: new Map() }));
  for (const count of COUNTS) {
    const { first, more } = told[count].get(row.age) ?? { first: 0, more: 0 };
    told[count].set(row.age, {
      first: first + row[`first_${count}`],
      more: more + row[`more_${count}`],
    });
  }
}

function triangleOf(
  days: ReadonlyMap<number, DayTold>,
  count: 'impressions' | 'clicks',
  last: number,
): Triangle {
  const triangle: Growing[][] = [];
  for (const [day, told] of days) {
    let has = 0;
    for (let age = 0; age < Math.min(OLDEST, last - day); age++) {
      const { first, more } = told[count].get(age) ?? { first: 0, more: 0 };
      has += first + more;
      const growth = told[count].get(age + 1)?.more ?? 0;
      (triangle[age] ??= []).push({ before: Math.max(0, has), after: Math.max(0, has + growth) });
    }
  }
  return triangle;
}
