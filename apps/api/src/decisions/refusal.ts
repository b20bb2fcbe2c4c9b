import type { DecisionError, DecisionErrorCode } from '@adscale/decisions';
import type { ProblemCode } from '../problem/catalogue.js';
import { type FieldError, ProblemError } from '../problem/problem.js';

const PROBLEMS: Readonly<Record<DecisionErrorCode, ProblemCode>> = {
  REQUEST_INVALID: 'INVALID_DECISION',
  AMOUNT_INVALID: 'INVALID_DECISION',
  LIMIT_EXCEEDED: 'DECISION_TOO_LARGE',
  FEATURE_ABSENT: 'DECISION_UNSUPPORTED',
  INFEASIBLE: 'INFEASIBLE_ALLOCATION',
  SOLVER_FAILED: 'INTERNAL_ERROR',
};

const WANTED = ', wanted ';

/** The problem that a decision's refusal is. */
export function refusalOf(error: DecisionError): ProblemError {
  const code = PROBLEMS[error.code];
  if (code === 'INTERNAL_ERROR') return new ProblemError(code, { cause: error });
  const { detail, field } = error;
  return new ProblemError(code, {
    detail: `${detail}.`,
    ...(field !== undefined && { errors: [fieldError(field, detail)] }),
  });
}

function fieldError(field: string, detail: string): FieldError {
  const at = detail.indexOf(WANTED);
  const rule = at < 0 ? detail : detail.slice(at + WANTED.length);
  return { field, rule, message: detail };
}
