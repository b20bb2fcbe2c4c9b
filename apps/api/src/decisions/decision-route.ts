import { JUDGED } from '@adscale/decisions';
import { HttpCode, Post, type Type, applyDecorators } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiBody, ApiOkResponse, ApiOperation, type ApiResponseOptions } from '@nestjs/swagger';
import { versionHeader } from '../model/models-dto.js';
import { COUNTED } from '../logging/request-hooks.js';
import { PREDICTION_PROBLEMS, type ProblemCode } from '../problem/catalogue.js';
import { ApiProblems } from '../problem/api-problems.js';
import type { DecisionName } from '../pool/task.js';
import type { RouteRules } from '../record/route-rules.js';
import { PREDICT } from '../security/scopes.js';

/** What each decision decides. */
const summaries: Readonly<Record<DecisionName, string>> = {
  rank: 'Sort candidates by expected value per thousand impressions, and say what to bid.',
  forecast: "Expect a schedule's clicks and cost, with intervals that include click noise.",
  compare: 'Compare two placements, and say what a live test would take.',
  allocate: 'Split a budget over placements for the most clicks or value.',
  opportunities: 'Find placements worth more money, worth none, and unexplored.',
  curve: 'Show CTR and clicks against impressions, budget or spend.',
};

const problems: readonly ProblemCode[] = [
  ...PREDICTION_PROBLEMS.filter((code) => code !== 'INVALID_RECORD'),
  'INVALID_QUERY',
  'INVALID_DECISION',
  'DECISION_TOO_LARGE',
  'DECISION_UNSUPPORTED',
];

interface Documentation {
  readonly request: Type<unknown>;
  readonly answer: Type<unknown>;
  /** A valid request, if this model can answer any. */
  readonly example: object | undefined;
}

const decisionHeader: ApiResponseOptions['headers'] = {
  'x-decision-id': {
    description: 'Names the answer where it is kept: GET /decisions/{id}.',
    schema: { type: 'string' },
  },
};

function headersOf(name: DecisionName): ApiResponseOptions['headers'] {
  const isJudged = (JUDGED as readonly string[]).includes(name);
  return { ...versionHeader, ...(isJudged && decisionHeader) };
}

/**
 * Decorates a method as the route `POST /<name>` of a decision, with its documentation.
 * @param direct answers in place of the method, and gets the body as it came
 */
export function DecisionRoute(
  name: DecisionName,
  direct: NonNullable<RouteRules['direct']>,
  { request, answer, example }: Documentation,
): MethodDecorator {
  const rules: RouteRules = { direct, unread: true };
  return applyDecorators(
    Post(name),
    HttpCode(200),
    RouteConfig({ ...COUNTED, ...PREDICT, ...rules }),
    ApiOperation({ summary: summaries[name] }),
    ApiBody({
      type: request,
      required: true,
      ...(example !== undefined && { examples: { typical: { value: example } } }),
    }),
    ApiOkResponse({ type: answer, description: 'Decided.', headers: headersOf(name) }),
    ApiProblems(name === 'allocate' ? [...problems, 'INFEASIBLE_ALLOCATION'] : problems),
  );
}
