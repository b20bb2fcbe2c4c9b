import { DAY_MS, startOf } from '../outcomes/days.js';
import { type Parameter, checkOrder, readQuery } from '../record/query.js';
import type { JudgedDays } from './judgement.js';

/** Most decisions of one page, and those of one that does not say. */
export const MOST_LISTED = 1000;
const LISTED = 100;

/** The last moment that has four digits of a year. */
const END = Date.parse('9999-12-31T23:59:59.999Z');

/** A page of the list. */
export interface ListedPage {
  readonly from: number;
  readonly to: number;
  readonly after: { readonly at: number; readonly id: string } | undefined;
  readonly most: number;
}

/** Where nobody says until when. */
const LAST_DAY = '9999-12-31';

const DAY_RULE = 'a UTC day such as 2026-03-01';

const day: Parameter<string> = {
  rule: DAY_RULE,
  parse: (text) =>
    /^\d{4}-\d\d-\d\d$/.test(text) && new Date(startOf(text)).toJSON()?.startsWith(text)
      ? text
      : undefined,
};

const after: Parameter<ListedPage['after'] & object> = {
  rule: 'what the page before told as next',
  parse: (text) => {
    const [, at, id] = /^(\d{1,15})\.([\w-]{1,64})$/.exec(text) ?? [];
    return at === undefined ? undefined : { at: Number(at), id };
  },
};

const limit: Parameter<number> = {
  rule: `a whole number from 1 to ${MOST_LISTED}`,
  parse: (text) => {
    const most = /^\d{1,4}$/.test(text) ? Number(text) : 0;
    return most >= 1 && most <= MOST_LISTED ? most : undefined;
  },
};

/** Most days of outcomes that a decision is judged by. */
export const MOST_DAYS = 366;

const days: Parameter<number> = {
  rule: `a whole number from 1 to ${MOST_DAYS}`,
  parse: (text) => {
    const count = /^\d{1,3}$/.test(text) ? Number(text) : 0;
    return count >= 1 && count <= MOST_DAYS ? count : undefined;
  },
};

const young: Parameter<boolean> = {
  rule: 'true or false',
  parse: (text) => (text === 'true' || text === 'false' ? text === 'true' : undefined),
};

/** @throws ProblemError INVALID_QUERY */
export function readListQuery(query: unknown): ListedPage {
  const read = readQuery<{
    from: string;
    to: string;
    after: ListedPage['after'] & object;
    limit: number;
  }>(query, { from: day, to: day, after, limit });
  checkOrder(read, LAST_DAY);
  return {
    from: read.from === undefined ? 0 : startOf(read.from),
    to: read.to === undefined ? END : startOf(read.to) + DAY_MS,
    after: read.after,
    most: read.limit ?? LISTED,
  };
}

/** Where the page after this decision begins. */
export function placeAfter({ at, id }: { readonly at: number; readonly id: string }): string {
  return `${at}.${id}`;
}

/** @throws ProblemError INVALID_QUERY */
export function readJudgedDays(query: unknown): JudgedDays {
  return readQuery<{ to: string; days: number; young: boolean }>(query, { to: day, days, young });
}
