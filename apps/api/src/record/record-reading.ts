import { type RecordContract, fieldProblem } from '@adscale/ctr';
import { ProblemError, type ProblemOccurrence } from '../problem/problem.js';

/** An answer lists at most this many wrong fields. */
const MOST_ERRORS = 20;

/** Stands for the name of a field where the body as a whole is wrong. */
export const WHOLE_BODY = '(body)';

/**
 * Checks a body and turns it into numbers, in one pass. Nothing is converted: "5000" is no number.
 * @param row gets the record's numbers in the order of the contract's fields, NaN for what is
 *   absent; what it holds means nothing if the body is refused
 * @returns whether the body is a valid record; if not, `invalidRecord` tells why
 */
export function readRecord(
  contract: RecordContract,
  body: unknown,
  row: Float64Array,
): body is object {
  return isObject(body) && contract.read(body, row);
}

/**
 * Does what `readRecord` does, and refuses what is no valid record.
 * @throws ProblemError INVALID_RECORD
 */
export function checkRecord(contract: RecordContract, body: unknown, row: Float64Array): void {
  if (readRecord(contract, body, row)) return;
  throw new ProblemError('INVALID_RECORD', invalidRecord(contract, body));
}

/** What an INVALID_RECORD says of a body: up to 20 wrong fields, none if it is a valid record. */
export function invalidRecord(contract: RecordContract, body: unknown): ProblemOccurrence {
  const errors = isObject(body)
    ? contract.problems(body, MOST_ERRORS + 1)
    : [fieldProblem(WHOLE_BODY, body, `a JSON object with the fields ${contract.names}`)];
  if (errors.length === 0) return {};
  const listed = errors.slice(0, MOST_ERRORS);
  const names = listed.map(({ field }) => field).join(', ');
  const more = errors.length > MOST_ERRORS ? ' and more' : '';
  return { detail: `Wrong: ${names}${more}.`, errors: listed };
}

function isObject(body: unknown): body is object {
  return typeof body === 'object' && body !== null && !Array.isArray(body);
}
