import { fieldProblem, LONGEST_WORD } from '@adscale/ctr';
import { ProblemError } from '../problem/problem.js';
import { readQuery } from '../record/query.js';

/** A search of words. */
export interface WordQuery {
  readonly feature: string;
  readonly search: string;
  readonly limit: number;
}

const LIMIT = 20;
const MOST = 100;

/**
 * Reads a search.
 * @param features those whose words can be searched
 * @throws ProblemError INVALID_QUERY
 */
export function readWordQuery(query: unknown, features: readonly string[]): WordQuery {
  const rule =
    features.length === 0
      ? 'a feature of words, and this model has none'
      : `one of ${features.join(', ')}`;
  const read = readQuery<{ feature: string; search: string; limit: number }>(query, {
    feature: { rule, parse: (name) => features.find((feature) => feature === name) },
    search: {
      rule: `a text of at most ${LONGEST_WORD} characters`,
      parse: (text) => (text.length <= LONGEST_WORD ? text : undefined),
    },
    limit: { rule: `a whole number from 1 to ${MOST}`, parse: parseLimit },
  });
  const { feature, search = '', limit = LIMIT } = read;
  if (feature !== undefined) return { feature, search, limit };
  const errors = [fieldProblem('feature', undefined, rule)];
  throw new ProblemError('INVALID_QUERY', { detail: 'Wrong: feature.', errors });
}

function parseLimit(text: string): number | undefined {
  const limit = /^\d{1,3}$/.test(text) ? Number(text) : NaN;
  return limit >= 1 && limit <= MOST ? limit : undefined;
}
