import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiBody, ApiOkResponse, ApiOperation, ApiParam, ApiQuery, ApiTags } from '@nestjs/swagger';
import { fieldProblem } from '@adscale/ctr';
import { ApiProblems } from '../problem/api-problems.js';
import { type FieldError, ProblemError } from '../problem/problem.js';
import { type Parameter, readQuery } from '../record/query.js';
import type { RouteRules } from '../record/route-rules.js';
import { OUTCOMES } from '../security/scopes.js';
import {
  ExperimentAnswer,
  ExperimentHistoryAnswer,
  ExperimentRequest,
  ExperimentsAnswer,
  FinishRequest,
  JudgedExperimentAnswer,
  PlannedExperimentAnswer,
} from './experiments-dto.js';
import { Experiments } from './experiments.js';
import { unknownField } from './plan.js';

const MOST_LISTED = 1000;
const LISTED = 100;

interface Place {
  readonly created_at: number;
  readonly id: string;
}

const parameters = {
  finished: {
    rule: 'true or false',
    parse: (text) => (text === 'true' || text === 'false' ? text === 'true' : undefined),
  } as Parameter<boolean>,
  after: {
    rule: 'what the page before told as next',
    parse: (text) => {
      const [, at, id] = /^(\d{1,15})\.([\w-]{1,64})$/.exec(text) ?? [];
      return at === undefined ? undefined : { created_at: Number(at), id };
    },
  } as Parameter<Place>,
  limit: {
    rule: `a whole number from 1 to ${MOST_LISTED}`,
    parse: (text) => {
      const most = /^\d{1,4}$/.test(text) ? Number(text) : 0;
      return most >= 1 && most <= MOST_LISTED ? most : undefined;
    },
  } as Parameter<number>,
};

const anId = { name: 'id', example: 'eq7Jt0cXyV2bN', description: 'Of the experiment.' };

/** Registers experiments, and tells at any time what their outcomes say. They change nothing that is served. */
@ApiTags('Outcomes')
@Controller('experiments')
export class ExperimentsController {
  constructor(private readonly experiments: Experiments) {}

  @Post()
  @HttpCode(200)
  @RouteConfig(OUTCOMES)
  @ApiOperation({ operationId: 'registerExperiment', summary: 'Register a test of arms.' })
  @ApiBody({ type: ExperimentRequest })
  @ApiOkResponse({
    type: ExperimentAnswer,
    description: 'Registered: outcomes may have the labels of its arms from now on.',
  })
  @ApiProblems(['INVALID_EXPERIMENT', 'OUTCOMES_OFF', 'OUTCOMES_UNAVAILABLE'])
  register(@Body() body: unknown): Promise<ExperimentAnswer> {
    return this.experiments.register(body);
  }

  @Post('plan')
  @HttpCode(200)
  @RouteConfig(OUTCOMES)
  @ApiOperation({
    operationId: 'planExperiment',
    summary:
      'What registering a test of arms would be answered, its size above all; keeps nothing.',
  })
  @ApiBody({ type: ExperimentRequest })
  @ApiOkResponse({ type: PlannedExperimentAnswer, description: 'It could be registered so.' })
  @ApiProblems(['INVALID_EXPERIMENT'])
  plan(@Body() body: unknown): PlannedExperimentAnswer {
    return this.experiments.planned(body);
  }

  @Get()
  @RouteConfig(OUTCOMES)
  @ApiOperation({ operationId: 'listExperiments', summary: 'Experiments, the newest first.' })
  @ApiQuery({
    name: 'finished',
    required: false,
    type: Boolean,
    description: 'Only those that are, or are not, finished.',
  })
  @ApiQuery({ name: 'after', required: false, type: String, description: '`next` of a page.' })
  @ApiQuery({
    name: 'limit',
    required: false,
    schema: { type: 'integer', minimum: 1, maximum: MOST_LISTED },
    description: 'Most experiments of a page. Default: 100.',
  })
  @ApiOkResponse({ type: ExperimentsAnswer, description: 'A page.' })
  @ApiProblems(['INVALID_QUERY', 'OUTCOMES_OFF', 'OUTCOMES_UNAVAILABLE'])
  async list(@Query() query: unknown): Promise<ExperimentsAnswer> {
    const { limit = LISTED, ...page } = readQuery<{
      finished: boolean;
      after: Place;
      limit: number;
    }>(query, parameters);
    const experiments = await this.experiments.list({ ...page, most: limit });
    const last = experiments.at(-1);
    const next =
      last === undefined || experiments.length < limit
        ? null
        : `${Date.parse(last.created_at)}.${last.id}`;
    return { experiments, next };
  }

  @Get(':id')
  @RouteConfig(OUTCOMES)
  @ApiOperation({
    operationId: 'judgeExperiment',
    summary:
      'An experiment, and what its outcomes say at this moment: valid however often one asks.',
  })
  @ApiParam(anId)
  @ApiOkResponse({ type: JudgedExperimentAnswer, description: 'The experiment, judged.' })
  @ApiProblems(['EXPERIMENT_UNKNOWN', 'OUTCOMES_OFF', 'OUTCOMES_UNAVAILABLE'])
  judge(@Param('id') id: string): Promise<JudgedExperimentAnswer> {
    return this.experiments.judged(id);
  }

  @Get(':id/history')
  @RouteConfig(OUTCOMES)
  @ApiOperation({
    operationId: 'getExperimentHistory',
    summary: 'What the outcomes of an experiment said day by day.',
  })
  @ApiParam(anId)
  @ApiOkResponse({ type: ExperimentHistoryAnswer, description: 'Days with outcomes, in order.' })
  @ApiProblems(['EXPERIMENT_UNKNOWN', 'OUTCOMES_OFF', 'OUTCOMES_UNAVAILABLE'])
  history(@Param('id') id: string): Promise<ExperimentHistoryAnswer> {
    return this.experiments.history(id);
  }

  @Post(':id/finish')
  @HttpCode(200)
  @RouteConfig({ ...OUTCOMES, optionalBody: true } satisfies RouteRules)
  @ApiOperation({
    operationId: 'finishExperiment',
    summary: 'End an experiment: outcomes of later days do not count.',
  })
  @ApiParam(anId)
  @ApiBody({ type: FinishRequest, required: false })
  @ApiOkResponse({ type: JudgedExperimentAnswer, description: 'Finished.' })
  @ApiProblems([
    'INVALID_EXPERIMENT',
    'EXPERIMENT_UNKNOWN',
    'EXPERIMENT_FINISHED',
    'OUTCOMES_OFF',
    'OUTCOMES_UNAVAILABLE',
  ])
  finish(@Param('id') id: string, @Body() body: unknown): Promise<JudgedExperimentAnswer> {
    return this.experiments.finish(id, readWinner(body));
  }
}

/** @param body undefined: there was none. @throws ProblemError INVALID_EXPERIMENT */
function readWinner(body: unknown = {}): string | null {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw invalid(fieldProblem('(body)', body, 'an object of winner, or of nothing'));
  }
  const { winner = null, ...others } = body as { winner?: unknown };
  const [other] = Object.entries(others);
  if (other !== undefined) throw invalid(unknownField('', ...other, ['winner']));
  if (winner === null || typeof winner === 'string') return winner;
  throw invalid(fieldProblem('winner', winner, 'the name of an arm, or absent'));
}

function invalid(error: FieldError): ProblemError {
  return new ProblemError('INVALID_EXPERIMENT', { errors: [error] });
}
