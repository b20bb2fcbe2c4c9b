import { Controller, HttpCode, Post, Req, Res, type Type } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import {
  ApiBody,
  ApiOkResponse,
  ApiOperation,
  ApiProperty,
  ApiPropertyOptional,
  ApiTags,
} from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ExplanationAnswer, IntervalAnswer } from '../explain/explanation-answer.js';
import { ApiDetailQuery } from '../explain/detail-query.js';
import { COUNTED } from '../logging/request-hooks.js';
import { PREDICTION_PROBLEMS } from '../problem/catalogue.js';
import { ApiProblems } from '../problem/api-problems.js';
import { PREDICT } from '../security/scopes.js';
import type { DirectRoute } from './direct-routes.js';
import { exampleRequests } from '../record/record-examples.js';
import { type Answerers, PredictHandler } from './predict-handler.js';
import { type RecordPipe, refusalOf } from '../record/record-reading.js';

class PredictResponse {
  @ApiProperty({
    type: 'number',
    minimum: 0.0001,
    maximum: 1,
    example: 0.0847,
    description: 'Predicted clicks per impression, rounded to four decimals.',
  })
  predicted_ctr!: number;

  @ApiPropertyOptional({ description: 'With ?interval=0.9: what the observed CTR will lie in.' })
  interval?: IntervalAnswer;

  @ApiPropertyOptional({ description: 'With ?explain=true: what each feature adds.' })
  explanation?: ExplanationAnswer;
}

const answerHeaders = {
  etag: {
    description: 'Names model and cell: answers with the same tag are the same prediction.',
    schema: { type: 'string' },
  },
  'x-model-version': {
    description: 'Version of the model that answered.',
    schema: { type: 'string' },
  },
};

/** Makes the controller of the prediction route for the schema of the served models. */
export function predictController(pipe: RecordPipe, answerers: Answerers): Type<unknown> {
  const { schema } = answerers.served;
  const handler = new PredictHandler(pipe, answerers);
  const answer: DirectRoute['direct'] = (request, reply) => handler.handle(request, reply);
  const examples = Object.entries(exampleRequests(schema)).map(
    ([name, value]) => [name, { value }] as const,
  );

  @ApiTags('Prediction')
  @Controller()
  class PredictController {
    @Post('predict_ctr')
    @HttpCode(200)
    @RouteConfig({ ...COUNTED, ...PREDICT, direct: answer })
    @ApiOperation({ summary: 'Predict the click-through rate of an ad placement.' })
    @ApiDetailQuery()
    @ApiBody({ type: pipe.Dto, examples: Object.fromEntries(examples) })
    @ApiOkResponse({ type: PredictResponse, description: 'Predicted.', headers: answerHeaders })
    @ApiProblems([...PREDICTION_PROBLEMS, 'INVALID_QUERY', 'NO_INTERVALS'], {
      INVALID_RECORD: refusalOf(pipe),
    })
    predict(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void | Promise<void> {
      return answer(request, reply);
    }
  }

  return PredictController;
}
