import {
  type AllocationAnswer,
  type Comparison,
  type Curve,
  type Forecast,
  type Opportunities,
  type Ranking,
  allocate,
  compare,
  curve,
  forecast,
  opportunities,
  rank,
} from '@adscale/decisions';
import { Body, Controller, Query, Res, type Type } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { ServedModel } from '../model/served-model.js';
import { AllocateAnswer, AllocateRequest } from './allocate-dto.js';
import { CompareAnswer, CompareRequest } from './compare-dto.js';
import { CurveAnswer, CurveRequest } from './curve-dto.js';
import { answerDecision } from './decision-answer.js';
import { decisionExamples } from './decision-examples.js';
import { ForecastAnswer, ForecastRequest } from './forecast-dto.js';
import { OpportunitiesAnswer, OpportunitiesRequest } from './opportunities-dto.js';
import { RankAnswer, RankRequest } from './rank-dto.js';
import { DecisionRoute } from './decision-route.js';

/** Makes the controller of the decisions for the schema that `served` has. */
export function decisionsController({ schema }: ServedModel): Type<unknown> {
  const examples = decisionExamples(schema);

  @ApiTags('Decisions')
  @Controller()
  class DecisionsController {
    constructor(private readonly served: ServedModel) {}

    @DecisionRoute('rank', { request: RankRequest, answer: RankAnswer, example: examples.rank })
    rank(
      @Body() body: unknown,
      @Query() query: unknown,
      @Res({ passthrough: true }) reply: FastifyReply,
    ): Promise<Ranking> {
      return answerDecision(this.served, rank, { body, query, reply });
    }

    @DecisionRoute('forecast', {
      request: ForecastRequest,
      answer: ForecastAnswer,
      example: examples.forecast,
    })
    forecast(
      @Body() body: unknown,
      @Query() query: unknown,
      @Res({ passthrough: true }) reply: FastifyReply,
    ): Promise<Forecast> {
      return answerDecision(this.served, forecast, { body, query, reply });
    }

    @DecisionRoute('compare', {
      request: CompareRequest,
      answer: CompareAnswer,
      example: examples.compare,
    })
    compare(
      @Body() body: unknown,
      @Query() query: unknown,
      @Res({ passthrough: true }) reply: FastifyReply,
    ): Promise<Comparison> {
      return answerDecision(this.served, compare, { body, query, reply });
    }

    @DecisionRoute('allocate', {
      request: AllocateRequest,
      answer: AllocateAnswer,
      example: examples.allocate,
    })
    allocate(
      @Body() body: unknown,
      @Query() query: unknown,
      @Res({ passthrough: true }) reply: FastifyReply,
    ): Promise<AllocationAnswer> {
      return answerDecision(this.served, allocate, { body, query, reply });
    }

    @DecisionRoute('opportunities', {
      request: OpportunitiesRequest,
      answer: OpportunitiesAnswer,
      example: examples.opportunities,
    })
    opportunities(
      @Body() body: unknown,
      @Query() query: unknown,
      @Res({ passthrough: true }) reply: FastifyReply,
    ): Promise<Opportunities> {
      return answerDecision(this.served, opportunities, { body, query, reply });
    }

    @DecisionRoute('curve', { request: CurveRequest, answer: CurveAnswer, example: examples.curve })
    curve(
      @Body() body: unknown,
      @Query() query: unknown,
      @Res({ passthrough: true }) reply: FastifyReply,
    ): Promise<Curve> {
      return answerDecision(this.served, curve, { body, query, reply });
    }
  }

  return DecisionsController;
}
