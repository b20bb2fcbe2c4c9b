/* What the fields of an outcome must be, but for those that a model or an id decides. */
import { type FieldProblem, LONGEST_WORD, fieldProblem, shortened, shownValue } from '@adscale/ctr';
import { AHEAD_MS, readInstant } from './period.js';

/** An outcome as it came: an object of JSON. */
export type Given = Readonly<Record<string, unknown>>;

const SHARED = ['impressions', 'clicks', 'until', 'spend', 'campaign', 'placement', 'arm'];
const PREDICTION_FIELDS = new Set(['prediction_id', ...SHARED]);
const RECORD_FIELDS = new Set(['record', 'period', 'key', 'model_version', ...SHARED]);

/** Above it, sums of a few would not be exact. */
const MOST_COUNT = 1e12;

const COUNT_RULE = `a whole number from 0 to ${MOST_COUNT.toLocaleString('en')}`;
const CLICKS_RULE = 'a whole number from 0 to the impressions';
const SPEND_RULE = 'a number from 0 on, or absent';
const UNTIL_RULE = 'an instant such as 2026-03-02T10:00:00Z, not in the future, or absent';
const TEXT_RULE = `a text of 1 to ${LONGEST_WORD} characters, none of them a control character or U+FFFD, which stands for broken UTF-8, or absent`;

/** Control characters (C0, DEL and C1), halves of characters, and what stands for bytes of no text. */
const UNREADABLE = /[\p{Cc}\p{Cs}\uFFFD]/u;

/** Adds what is wrong with the fields that both forms have, and with unknown ones. */
export function checkFields(given: Given, now: number, errors: FieldProblem[]): void {
  const { impressions, clicks, spend, until } = given;
  const isCounted = isCount(impressions, MOST_COUNT);
  if (!isCounted) add(errors, given, 'impressions', COUNT_RULE);
  if (!isCount(clicks, isCounted ? impressions : MOST_COUNT)) {
    add(errors, given, 'clicks', CLICKS_RULE);
  }
  if (!isAbsent(spend) && !isAmount(spend)) add(errors, given, 'spend', SPEND_RULE);
  if (!isAbsent(until) && !isPast(until, now)) add(errors, given, 'until', UNTIL_RULE);
  checkText(errors, given, 'campaign');
  checkText(errors, given, 'placement');
  checkText(errors, given, 'arm');
  const isPrediction = given.prediction_id !== undefined;
  if (!isPrediction) {
    checkText(errors, given, 'key');
    checkText(errors, given, 'model_version');
  }
  const fields = isPrediction ? PREDICTION_FIELDS : RECORD_FIELDS;
  for (const name in given) {
    if (!fields.has(name)) errors.push(unknownField(name, given[name], fields));
  }
}

export function isAbsent(value: unknown): value is undefined | null {
  return value === undefined || value === null;
}

function add(errors: FieldProblem[], given: Given, name: string, rule: string): void {
  errors.push(fieldProblem(name, given[name] ?? undefined, rule));
}

function checkText(errors: FieldProblem[], given: Given, name: string): void {
  const value = given[name];
  if (!isAbsent(value) && !isText(value)) add(errors, given, name, TEXT_RULE);
}

function unknownField(name: string, value: unknown, fields: ReadonlySet<string>): FieldProblem {
  const field = shortened(name);
  const rule = `no field but ${[...fields].join(', ')}`;
  const message = `${field} is not a field of an outcome of this form; there is ${rule}`;
  return { field, value: shownValue(value), rule, message };
}

function isCount(value: unknown, most: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= most;
}

function isAmount(value: unknown): boolean {
  return typeof value === 'number' && value >= 0 && value <= MOST_COUNT;
}

/**
 * PostgreSQL takes no text with a zero in it; nobody reads control characters; and of names that came in
 * another encoding than UTF-8 different ones would be the same.
 */
function isText(value: unknown): boolean {
  if (typeof value !== 'string' || value === '' || value.length > LONGEST_WORD) return false;
  return !UNREADABLE.test(value);
}

function isPast(value: unknown, now: number): boolean {
  const at = readInstant(value);
  return at !== undefined && at <= now + AHEAD_MS;
}
