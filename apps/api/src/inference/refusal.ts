import { ProblemError } from '../problem/problem.js';

const MAX_SHOWN = 64;

/** The problem that an inference request has, told by where it is, what was got and what is wanted. */
export function refusal(detail: string): ProblemError {
  return new ProblemError('INVALID_INFERENCE', { detail });
}

/** A value as a message repeats it: short and flat. */
export function shown(value: unknown): string {
  if (value === undefined) return 'missing';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object' && value !== null) return 'an object';
  const text = JSON.stringify(value);
  return text.length <= MAX_SHOWN ? text : `${text.slice(0, MAX_SHOWN)}…`;
}
