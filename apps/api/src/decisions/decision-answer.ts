import type { CtrModel } from '@adscale/ctr';
import { DecisionError, type DecisionErrorCode, type DecisionOptions } from '@adscale/decisions';
import type { FastifyReply } from 'fastify';
import { refuseQuery } from '../record/query.js';
import type { ServedModel } from '../model/served-model.js';
import type { ProblemCode } from '../problem/catalogue.js';
import { type FieldError, ProblemError } from '../problem/problem.js';

/** Decides by a model. Checks the request itself. */
export type Decide<T> = (
  model: CtrModel,
  request: unknown,
  options: DecisionOptions,
) => T | Promise<T>;

/** A request for a decision, and the reply to it. */
export interface Asked {
  readonly body: unknown;
  readonly query: unknown;
  readonly reply: FastifyReply;
}

/**
 * Answers with a decision of the current model. A decision weighs placements against each other,
 * so a canary, which answers a share of the records, is not asked.
 * @throws ProblemError INVALID_QUERY, MODEL_NOT_LOADED, and those that decisions refuse with
 */
export async function answerDecision<T>(
  served: ServedModel,
  decide: Decide<T>,
  { body, query, reply }: Asked,
): Promise<T> {
  refuseQuery(query);
  if (served.current === undefined) throw new ProblemError('MODEL_NOT_LOADED');
  const { model, words } = served.current;
  void reply.header('x-model-version', model.version);
  try {
    return await decide(model, body, { onRow: words.count });
  } catch (error) {
    throw error instanceof DecisionError ? refusalOf(error) : error;
  }
}

const PROBLEMS: Readonly<Record<DecisionErrorCode, ProblemCode>> = {
  REQUEST_INVALID: 'INVALID_DECISION',
  AMOUNT_INVALID: 'INVALID_DECISION',
  LIMIT_EXCEEDED: 'DECISION_TOO_LARGE',
  FEATURE_ABSENT: 'DECISION_UNSUPPORTED',
  INFEASIBLE: 'INFEASIBLE_ALLOCATION',
  SOLVER_FAILED: 'INTERNAL_ERROR',
};

const WANTED = ', wanted ';

/** The problem that tells why a decision was refused. */
function refusalOf(error: DecisionError): ProblemError {
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
