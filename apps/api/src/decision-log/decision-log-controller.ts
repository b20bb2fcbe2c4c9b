import { Controller, Get, Param, Query, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiOkResponse, ApiOperation, ApiParam, ApiQuery, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { clientOf } from '../pool/client.js';
import { ApiProblems } from '../problem/api-problems.js';
import { OUTCOMES } from '../security/scopes.js';
import {
  MOST_DAYS,
  MOST_LISTED,
  placeAfter,
  readJudgedDays,
  readListQuery,
} from './decision-queries.js';
import { DecisionsDto, JudgedDecisionDto } from './decisions-dto.js';
import { Judgement } from './judgement.js';

const JSON_TYPE = 'application/json; charset=utf-8';
const aDay = { required: false, schema: { type: 'string' as const, example: '2026-03-01' } };

/** Tells what decisions were taken, and what came of them. */
@ApiTags('Outcomes')
@Controller('decisions')
export class DecisionLogController {
  constructor(private readonly judgement: Judgement) {}

  @Get()
  @RouteConfig(OUTCOMES)
  @ApiOperation({
    operationId: 'listDecisions',
    summary: 'Decisions that were kept, the oldest first.',
  })
  @ApiQuery({ name: 'from', ...aDay, description: 'First UTC day.' })
  @ApiQuery({ name: 'to', ...aDay, description: 'Last UTC day.' })
  @ApiQuery({ name: 'after', required: false, type: String, description: '`next` of a page.' })
  @ApiQuery({
    name: 'limit',
    required: false,
    schema: { type: 'integer', minimum: 1, maximum: MOST_LISTED },
    description: 'Most decisions of a page. Default: 100.',
  })
  @ApiOkResponse({ type: DecisionsDto, description: 'A page.' })
  @ApiProblems(['INVALID_QUERY', 'OUTCOMES_OFF', 'OUTCOMES_UNAVAILABLE'])
  async list(@Query() query: unknown): Promise<DecisionsDto> {
    const page = readListQuery(query);
    const rows = await this.judgement.list(page);
    const decisions = rows.map(({ id, name, at, model }) => ({
      ...{ id, decision: name, at: new Date(at).toISOString(), model_version: model },
    }));
    return { decisions, next: rows.length < page.most ? null : placeAfter(rows.at(-1)!) };
  }

  @Get(':id')
  @RouteConfig(OUTCOMES)
  @ApiOperation({
    operationId: 'judgeDecision',
    summary:
      'A decision: what was expected, what came, whether intervals held, and what else could have come.',
  })
  @ApiParam({ name: 'id', example: 'dZk3v9uYp0aLx2QcT', description: '`x-decision-id`.' })
  @ApiQuery({
    name: 'to',
    ...aDay,
    description: 'Last UTC day whose outcomes count, of those that are mature.',
  })
  @ApiQuery({
    name: 'days',
    required: false,
    schema: { type: 'integer', minimum: 1, maximum: MOST_DAYS },
    description:
      'UTC days whose outcomes count, from that of the decision on. Default without `to`: 7, and all of outcomes that name the decision.',
  })
  @ApiQuery({
    name: 'young',
    required: false,
    type: Boolean,
    description: 'Whether days count whose clicks are still coming. Default: false.',
  })
  @ApiOkResponse({ type: JudgedDecisionDto, description: 'The decision, judged.' })
  @ApiProblems(['INVALID_QUERY', 'DECISION_UNKNOWN', 'OUTCOMES_OFF', 'OUTCOMES_UNAVAILABLE'])
  async judge(
    @Param('id') id: string,
    @Query() query: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const days = readJudgedDays(query);
    const client = clientOf(request, reply);
    try {
      const text = await this.judgement.of(id, days, client);
      void reply.header('content-type', JSON_TYPE).send(text);
    } catch (error) {
      // Nobody is there to be told.
      if (!client.aborted) throw error;
    }
  }
}
