/*
 * Reads a request that came from outside, field by field. Every reader takes the name of the
 * field, and what reads an entry of a list puts the entry's place before it, so that an error says
 * where it is: `candidates[3].record.budget is -5, wanted …`.
 */
import { numberWords, shown, type NumberRule } from '@adscale/ctr';
import { DecisionError } from './errors.js';

/** An object of the request: its fields are not yet known to be right. */
export type Fields = Readonly<Record<string, unknown>>;

/** @throws DecisionError REQUEST_INVALID */
export function refuse(field: string, got: unknown, wanted: string): never {
  throw new DecisionError('REQUEST_INVALID', `${field} is ${shown(got)}, wanted ${wanted}`, field);
}

/** What a request as a whole is called. */
export const ROOT = 'request';

/** @param known every field that the object may have; a misspelt one is refused, not ignored */
export function readFields(value: unknown, path: string, known: readonly string[]): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    refuse(path, value, `an object of ${known.join(', ')}`);
  }
  for (const name in value) {
    if (!known.includes(name)) {
      const field = path === '' || path === ROOT ? name : `${path}.${name}`;
      refuse(field, (value as Fields)[name], `no field but ${known.join(', ')}`);
    }
  }
  return value as Fields;
}

/** @throws DecisionError REQUEST_INVALID if it is no list or empty, LIMIT_EXCEEDED if too long */
export function readList(value: unknown, path: string, most: number): readonly unknown[] {
  if (!Array.isArray(value) || value.length === 0) {
    refuse(path, value, `a list of 1 to ${most}`);
  }
  if (value.length > most) {
    const detail = `${path} has ${value.length} entries, wanted at most ${most}`;
    throw new DecisionError('LIMIT_EXCEEDED', detail, path);
  }
  return value;
}

/**
 * Reads every entry of a list.
 * @throws DecisionError as `readList` and `read` do, with the entry's place in it
 */
export function readEntries<T>(
  value: unknown,
  path: string,
  most: number,
  read: (entry: unknown, place: number) => T,
): T[] {
  return readList(value, path, most).map((entry, place) => {
    try {
      return read(entry, place);
    } catch (error) {
      throw error instanceof DecisionError ? error.within(`${path}[${place}]`) : error;
    }
  });
}

export function readNumber(value: unknown, path: string, rule: NumberRule = {}): number {
  if (typeof value !== 'number' || !Number.isFinite(value) || !isWithin(value, rule)) {
    refuse(path, value, numberWords(rule));
  }
  return value;
}

/** The number, or `otherwise` where the field is absent. */
export function readOptional<T>(
  value: unknown,
  path: string,
  rule: NumberRule,
  otherwise: T,
): number | T {
  return value === undefined ? otherwise : readNumber(value, path, rule);
}

export function readChoice<T extends string>(
  value: unknown,
  path: string,
  choices: readonly T[],
  otherwise: T,
): T {
  if (value === undefined) return otherwise;
  if (!choices.includes(value as T)) refuse(path, value, choices.join(' or '));
  return value as T;
}

/** What the model's feature `budget` is: that of the campaign, or what is spent on the placement. */
export type BudgetFeature = 'campaign' | 'placement';

export function readBudgetFeature(fields: Fields): BudgetFeature {
  const meanings = ['campaign', 'placement'] as const;
  return readChoice(fields['budget_feature'], 'budget_feature', meanings, 'campaign');
}

/** How sure an interval is: a probability, 0.9 where absent. */
export function readLevel(fields: Fields): number {
  return readOptional(fields['level'], 'level', PROBABILITY, DEFAULT_LEVEL);
}

const DEFAULT_LEVEL = 0.9;

/**
 * The rule of a probability that a quantile is taken of. Nearer to 0 or 1 the quantiles of doubles end in
 * infinity, and no model knows its tails so far out.
 */
export const PROBABILITY = { minimum: 1e-6, maximum: 1 - 1e-6 };

/** The rule of a share: neither none nor all. */
export const SHARE = { exclusiveMinimum: 0, exclusiveMaximum: 1 };

/** The rule of a number of impressions: at most more than any campaign has. */
export const IMPRESSIONS = { minimum: 1, maximum: 1e12, whole: true };

/** The impressions that a record plans, which it may lack although the decision needs them. */
export function plannedImpressions(number: number): number {
  const given = Number.isNaN(number) ? undefined : number;
  return readNumber(given, 'record.impressions', { minimum: 1 });
}

/** What the caller calls an entry, or its place in the list. */
export function readId(value: unknown, path: string, place: number): string {
  if (value === undefined) return String(place);
  if (typeof value !== 'string' || value === '' || value.length > 200) {
    refuse(path, value, 'a text of 1 to 200 characters');
  }
  return value;
}

function isWithin(value: number, rule: NumberRule): boolean {
  const { whole = false, minimum = -Infinity, maximum = Infinity } = rule;
  const { exclusiveMinimum = -Infinity, exclusiveMaximum = Infinity } = rule;
  return (
    value >= minimum &&
    value <= maximum &&
    value > exclusiveMinimum &&
    value < exclusiveMaximum &&
    (!whole || Number.isInteger(value))
  );
}
