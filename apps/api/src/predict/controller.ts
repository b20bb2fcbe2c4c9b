import type { Schema } from '@adscale/forest';
import { Body, Controller, HttpCode, Post, Res, type Type } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiBody, ApiOkResponse, ApiOperation, ApiProperty, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { COUNTED } from '../logging/request-hooks.js';
import type { FeatureValues } from '../model/schema.js';
import type { ProblemCode } from '../problem/catalogue.js';
import { ApiProblems } from '../problem/documentation.js';
import { exampleRequests } from './examples.js';
import { Predictor } from './predictor.js';
import { dtoFromSchema } from './request-dto.js';
import { RecordPipe, refusalOf } from './validation.js';

class PredictResponse {
  @ApiProperty({
    type: 'number',
    minimum: 0.0001,
    maximum: 1,
    example: 0.0847,
    description: 'Predicted clicks per impression, rounded to four decimals.',
  })
  predicted_ctr!: number;
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

const problems: readonly ProblemCode[] = [
  'MALFORMED_REQUEST',
  'MALFORMED_JSON',
  'REQUEST_TIMEOUT',
  'BODY_TOO_LARGE',
  'UNSUPPORTED_MEDIA_TYPE',
  'INVALID_RECORD',
  'HEADERS_TOO_LARGE',
  'INTERNAL_ERROR',
  'MODEL_NOT_LOADED',
];

/** Makes the controller of the prediction route for models with this schema. */
export function predictController(schema: Schema): Type<unknown> {
  const Request = dtoFromSchema(schema);
  const pipe = new RecordPipe(schema, Request);
  const examples = Object.entries(exampleRequests(schema)).map(
    ([name, value]) => [name, { value }] as const,
  );

  @ApiTags('Prediction')
  @Controller()
  class PredictController {
    constructor(private readonly predictor: Predictor) {}

    @Post('predict_ctr')
    @HttpCode(200)
    @RouteConfig(COUNTED)
    @ApiOperation({ summary: 'Predict the click-through rate of an ad placement.' })
    @ApiBody({ type: Request, examples: Object.fromEntries(examples) })
    @ApiOkResponse({ type: PredictResponse, description: 'Predicted.', headers: answerHeaders })
    @ApiProblems(problems, { INVALID_RECORD: refusalOf(pipe) })
    predict(
      @Body(pipe) record: FeatureValues,
      @Res({ passthrough: true }) reply: FastifyReply,
    ): PredictResponse {
      const { ctr, etag, modelVersion } = this.predictor.predict(record);
      reply.header('etag', etag).header('x-model-version', modelVersion);
      return { predicted_ctr: ctr };
    }
  }

  return PredictController;
}
