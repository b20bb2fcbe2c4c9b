import { Controller, Req, Res, type Type } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AllocateAnswer, AllocateRequest } from './allocate-dto.js';
import { CompareAnswer, CompareRequest } from './compare-dto.js';
import { CurveAnswer, CurveRequest } from './curve-dto.js';
import { type DecisionParts, decisionHandler } from './decision-answer.js';
import { decisionExamples } from './decision-examples.js';
import { ForecastAnswer, ForecastRequest } from './forecast-dto.js';
import { OpportunitiesAnswer, OpportunitiesRequest } from './opportunities-dto.js';
import { RankAnswer, RankRequest } from './rank-dto.js';
import { DecisionRoute } from './decision-route.js';

/** Makes the controller of the decisions for the schema that the served model has. */
export function decisionsController(parts: DecisionParts): Type<unknown> {
  const examples = decisionExamples(parts.served.schema);
  const rank = decisionHandler(parts, 'rank');
  const forecast = decisionHandler(parts, 'forecast');
  const compare = decisionHandler(parts, 'compare');
  const allocate = decisionHandler(parts, 'allocate');
  const opportunities = decisionHandler(parts, 'opportunities');
  const curve = decisionHandler(parts, 'curve');

  @ApiTags('Decisions')
  @Controller()
  class DecisionsController {
    @DecisionRoute('rank', rank, {
      request: RankRequest,
      answer: RankAnswer,
      example: examples.rank,
    })
    rank(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
      return rank(request, reply);
    }

    @DecisionRoute('forecast', forecast, {
      request: ForecastRequest,
      answer: ForecastAnswer,
      example: examples.forecast,
    })
    forecast(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
      return forecast(request, reply);
    }

    @DecisionRoute('compare', compare, {
      request: CompareRequest,
      answer: CompareAnswer,
      example: examples.compare,
    })
    compare(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
      return compare(request, reply);
    }

    @DecisionRoute('allocate', allocate, {
      request: AllocateRequest,
      answer: AllocateAnswer,
      example: examples.allocate,
    })
    allocate(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
      return allocate(request, reply);
    }

    @DecisionRoute('opportunities', opportunities, {
      request: OpportunitiesRequest,
      answer: OpportunitiesAnswer,
      example: examples.opportunities,
    })
    opportunities(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
      return opportunities(request, reply);
    }

    @DecisionRoute('curve', curve, {
      request: CurveRequest,
      answer: CurveAnswer,
      example: examples.curve,
    })
    curve(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
      return curve(request, reply);
    }
  }

  return DecisionsController;
}
