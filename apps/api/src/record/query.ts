import { type FieldError, ProblemError } from '../problem/problem.js';

/** What a prediction is to be answered with besides itself. */
export interface DetailQuery {
  /** How often the interval is to hold what will be observed, in (0, 1). */
  readonly level?: number;
  readonly explain: boolean;
}

/** Query parameters that `POST /predict_ctr` knows, and what each must be. */
export const DETAIL_RULES = {
  interval: 'a level above 0 and below 1, in plain decimals such as 0.9',
  explain: 'true or false',
} as const;

const MAX_SHOWN = 64;
const LEVEL = /^0?\.\d{1,15}$/;

/**
 * Reads the query of a prediction.
 * @throws ProblemError INVALID_QUERY naming every parameter that is wrong or unknown
 */
export function readDetailQuery(query: unknown): DetailQuery {
  const errors: FieldError[] = [];
  let level: number | undefined;
  let explain = false;
  for (const [name, value] of Object.entries(query ?? {})) {
    if (name === 'interval') {
      level = levelOf(value);
      if (level === undefined) errors.push(wrong(name, value, DETAIL_RULES.interval));
    } else if (name === 'explain') {
      explain = value === 'true';
      if (value !== 'true' && value !== 'false') {
        errors.push(wrong(name, value, DETAIL_RULES.explain));
      }
    } else errors.push(unknown(name, value, `interval or explain`));
  }
  if (errors.length > 0) throw invalid(errors);
  return { explain, ...(level !== undefined && { level }) };
}

/**
 * For routes that know no query parameters: one that is there was meant to do something.
 * @throws ProblemError INVALID_QUERY
 */
export function refuseQuery(query: unknown): void {
  const given = Object.entries(query ?? {});
  if (given.length > 0) throw invalid(given.map(([name, value]) => unknown(name, value, 'none')));
}

function levelOf(value: unknown): number | undefined {
  const level = typeof value === 'string' && LEVEL.test(value) ? Number(value) : 0;
  return level > 0 && level < 1 ? level : undefined;
}

function wrong(name: string, value: unknown, rule: string): FieldError {
  const got = shown(value);
  return {
    field: name,
    value: got,
    rule,
    message: `${name} is ${JSON.stringify(got)}; it must be ${rule}`,
  };
}

function unknown(name: string, value: unknown, known: string): FieldError {
  const field = shown(name);
  const message = `${field} is not a parameter of this address; there is ${known}`;
  return { field, value: shown(value), rule: `no parameter but ${known}`, message };
}

function invalid(errors: readonly FieldError[]): ProblemError {
  const names = errors.map(({ field }) => field).join(', ');
  return new ProblemError('INVALID_QUERY', { detail: `Wrong: ${names}.`, errors });
}

/** A parameter given twice is an array. */
function shown(value: unknown): string {
  const text = Array.isArray(value) ? value.join(', ') : String(value);
  return text.length <= MAX_SHOWN ? text : `${text.slice(0, MAX_SHOWN)}…`;
}
