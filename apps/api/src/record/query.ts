import { fieldProblem, shortened } from '@adscale/ctr';
import { type FieldError, ProblemError } from '../problem/problem.js';

/** An answer lists at most this many wrong parameters. */
const MOST_ERRORS = 20;

/** A parameter of an address's query. */
export interface Parameter<T> {
  /** What its text must be, in words that follow "must be". */
  readonly rule: string;
  /** The value that a text stands for, or undefined if it stands for none. */
  readonly parse: (text: string) => T | undefined;
}

/**
 * Reads a query.
 * @param query by name: a text, or the texts of a parameter that is given more than once
 * @param known the parameters there are, by name
 * @returns the values of those that are given
 * @throws ProblemError INVALID_QUERY naming the parameters that are wrong or unknown, up to 20
 */
export function readQuery<T extends object>(
  query: unknown,
  known: { readonly [K in keyof T]: Parameter<T[K]> },
): Partial<T> {
  const values: Partial<T> = {};
  const errors: FieldError[] = [];
  for (const [name, given] of Object.entries(query ?? {})) {
    if (!Object.hasOwn(known, name)) {
      errors.push(unknownParameter(name, given, Object.keys(known)));
      continue;
    }
    const { parse, rule } = known[name as keyof T];
    const value = typeof given === 'string' ? parse(given) : undefined;
    if (value === undefined) errors.push(fieldProblem(name, textOf(given), rule));
    else values[name as keyof T] = value;
  }
  if (errors.length === 0) return values;
  const listed = errors.slice(0, MOST_ERRORS);
  const names = listed.map(({ field }) => field).join(', ');
  const more = errors.length > MOST_ERRORS ? ' and more' : '';
  throw new ProblemError('INVALID_QUERY', { detail: `Wrong: ${names}${more}.`, errors: listed });
}

/**
 * Refuses a query on a route that has no parameters: its client expects something of it.
 * @throws ProblemError INVALID_QUERY
 */
export function refuseQuery(query: unknown): void {
  readQuery(query, {});
}

/**
 * Refuses days in the wrong order, between which there is nothing.
 * @param last the last day where `to` is left out
 * @throws ProblemError INVALID_QUERY
 */
export function checkOrder(
  { from, to }: { readonly from?: string; readonly to?: string },
  last: string,
): void {
  const end = to ?? last;
  if (from === undefined || from <= end) return;
  const rule = `no later than to, which is ${end}`;
  const errors = [fieldProblem('from', from, rule)];
  throw new ProblemError('INVALID_QUERY', { detail: 'Wrong: from.', errors });
}

function unknownParameter(name: string, given: unknown, known: readonly string[]): FieldError {
  const field = shortened(name);
  const others = known.join(' or ') || 'none';
  return {
    field,
    value: shortened(textOf(given)),
    rule: `no parameter but ${others}`,
    message: `${field} is not a parameter of this address; there is ${others}`,
  };
}

/** A parameter that is given twice is an array. */
function textOf(given: unknown): string {
  return Array.isArray(given) ? given.join(', ') : String(given);
}
