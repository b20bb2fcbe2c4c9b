import { type DecisionErrorCode, JUDGED, type JudgedDecision } from '@adscale/decisions';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ServedModel, Serving } from '../model/served-model.js';
import { clientOf } from '../pool/client.js';
import type { WorkPool } from '../pool/pool.js';
import type { Decided, DecisionName } from '../pool/task.js';
import type { ProblemCode } from '../problem/catalogue.js';
import { type FieldError, ProblemError } from '../problem/problem.js';
import { refuseQuery } from '../record/query.js';
import { DECISION_ID, type DecisionKeeper } from './decision-keeper.js';

const JSON_TYPE = 'application/json; charset=utf-8';

/** What decisions come from. */
export interface DecisionParts {
  readonly served: ServedModel;
  readonly pool: WorkPool;
  /** Keeps answers that can be judged later; undefined where DECISION_LOG is off. */
  readonly decisionLog?: DecisionKeeper | undefined;
}

/**
 * Answers requests for a decision by the current model, straight from Fastify. A thread reads the body,
 * decides and writes the answer; here the texts are only passed on. A decision weighs placements
 * against each other, so a canary, which answers a share of the records, is not asked.
 * @returns a handler that throws ProblemError INVALID_QUERY, MODEL_NOT_LOADED, MALFORMED_JSON,
 *   OVERLOADED, and those that decisions refuse with
 */
export function decisionHandler({ served, pool, decisionLog }: DecisionParts, name: DecisionName) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    refuseQuery(request.query);
    const { current } = served;
    if (current === undefined) throw new ProblemError('MODEL_NOT_LOADED');
    void reply.header('x-model-version', current.model.version);
    const client = clientOf(request, reply);
    try {
      const body = request.body as string | undefined;
      const text = textOf(await pool.decide(current.model, name, body, client), current);
      if (decisionLog !== undefined && isJudged(name)) {
        const model = current.model.version;
        const id = decisionLog.keep({ name, model, request: body!, answer: text });
        if (id !== undefined) void reply.header(DECISION_ID, id);
      }
      void reply.header('content-type', JSON_TYPE).send(text);
    } catch (error) {
      // Nobody is there to be told.
      if (!client.aborted) throw error;
    }
  };
}

function isJudged(name: DecisionName): name is JudgedDecision {
  return (JUDGED as readonly string[]).includes(name);
}

function textOf(decided: Decided, { model, words }: Serving): string {
  if (decided.kind === 'malformed') throw new ProblemError('MALFORMED_JSON');
  const { rows } = decided;
  const width = model.schema.features.length;
  for (let at = 0; at < rows.length; at += width) words.count(rows.subarray(at, at + width));
  if (decided.kind === 'refused') throw refusalOf(decided);
  return decided.text;
}

type Refused = Extract<Decided, { readonly kind: 'refused' }>;

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
function refusalOf({ code: reason, detail, field, cause }: Refused): ProblemError {
  const code = PROBLEMS[reason];
  if (code === 'INTERNAL_ERROR')
    return new ProblemError(code, { cause: [detail, cause].join(': ') });
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
