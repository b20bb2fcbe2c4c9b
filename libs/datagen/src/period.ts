/** Records of a period: each on a day of it, and what changes on one of the days. */
import { refuse } from './errors.js';
import { deviceTypes, POSITIONS } from './profile.js';

/** From one day on, the CTR of the records with one value is another. */
export interface Change {
  readonly feature: 'device_type' | 'ad_position';
  readonly value: string | number;
  /** What their true CTR is multiplied by: above 0, at most 10. A CTR ends at 1. */
  readonly factor: number;
  /** The first day on which it is so, `YYYY-MM-DD`. */
  readonly on: string;
}

export interface Period {
  readonly from: string;
  readonly days: number;
  readonly change?: Change;
}

const DAYS = 28;
const DAYS_MAX = 3660;
const FACTOR_MAX = 10;
const DAY_MS = 24 * 3600 * 1000;

/**
 * The period with its defaults.
 * @throws DatagenError `OPTION_INVALID` naming the option, the value got and the value wanted
 */
export function resolvePeriod({ from, days = DAYS, change }: Partial<Period>): Period {
  checkDay('from', from);
  if (!(Number.isInteger(days) && days >= 1 && days <= DAYS_MAX)) {
    refuse('OPTION_INVALID', 'days', days, `an integer from 1 to ${DAYS_MAX}`);
  }
  if (change === undefined) return { from: from!, days };
  const { feature, value, factor, on } = change;
  const positions = Array.from({ length: POSITIONS }, (_, p) => p + 1);
  const values = { device_type: deviceTypes, ad_position: positions }[feature] as unknown[];
  if (values === undefined) {
    refuse('OPTION_INVALID', 'change.feature', feature, 'device_type or ad_position');
  }
  if (!values.includes(value)) {
    refuse('OPTION_INVALID', 'change.value', value, `one of ${values.join(', ')}`);
  }
  if (!(factor > 0 && factor <= FACTOR_MAX)) {
    refuse('OPTION_INVALID', 'change.factor', factor, `above 0 and at most ${FACTOR_MAX}`);
  }
  checkDay('change.on', on);
  return { from: from!, days, change };
}

function checkDay(name: string, day: unknown): void {
  const isDay = typeof day === 'string' && /^\d{4}-\d\d-\d\d$/.test(day);
  const time = isDay ? Date.parse(`${day}T00:00:00Z`) : NaN;
  if (!Number.isNaN(time) && new Date(time).toISOString().startsWith(day as string)) return;
  refuse('OPTION_INVALID', name, day, 'a day such as 2026-10-01');
}

/** The day of the record at a place of a table of so many: the days are filled in order, evenly. */
export function dayOf({ from, days }: Period, place: number, rows: number): string {
  const day = Math.floor((place / rows) * days);
  return new Date(Date.parse(from) + day * DAY_MS).toISOString().slice(0, 10);
}

/** What the true CTR of a record is multiplied by on a day. */
export function changeOn(
  { change }: Period,
  day: string,
  record: { readonly deviceType: string; readonly adPosition: number },
): number {
  if (change === undefined || day < change.on) return 1;
  const { deviceType, adPosition } = record;
  const value = change.feature === 'device_type' ? deviceType : adPosition;
  return value === change.value ? change.factor : 1;
}
