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
import { PREDICTION_ID } from '../ids/prediction-ids.js';
import { ApiDetailQuery } from '../explain/detail-query.js';
import { COUNTED } from '../logging/request-hooks.js';
import { versionHeader } from '../model/models-dto.js';
import { UNKNOWN_WORDS } from '../model/unknown-words.js';
import { PREDICTION_PROBLEMS } from '../problem/catalogue.js';
import { ApiProblems } from '../problem/api-problems.js';
import { PREDICT } from '../security/scopes.js';
import { recordDto } from '../record/record-dto.js';
import { exampleRequests } from '../record/record-examples.js';
import { invalidRecord } from '../record/record-reading.js';
import type { RouteRules } from '../record/route-rules.js';
import { PredictHandler, type PredictionParts } from './predict-handler.js';

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

  @ApiPropertyOptional({
    type: [String],
    description: 'With a query: features in which the record lies outside the training data.',
  })
  extrapolated?: readonly string[];

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: true,
    description: 'With a query: what the record lacks and was held at a value.',
  })
  held_at?: Readonly<Record<string, number | string>>;
}

const answerHeaders = {
  etag: {
    description: 'Names model and cell: answers with the same tag are the same prediction.',
    schema: { type: 'string' },
  },
  [UNKNOWN_WORDS]: {
    description:
      'Features whose words the model does not know, percent-encoded; absent where it knows all.',
    schema: { type: 'string' },
  },
  [PREDICTION_ID]: {
    description:
      'Names this prediction: its outcome is sent with it to POST /outcomes. Absent where outcomes are off.',
    schema: { type: 'string' },
  },
  ...versionHeader,
} as const;

/** Makes the controller of the prediction route for the models that `served` holds. */
export function predictController(parts: PredictionParts): Type<unknown> {
  const { served } = parts;
  const contract = served.current?.contract ?? served.contract;
  const examples = Object.entries(exampleRequests(served.schema)).map(
    ([name, value]) => [name, { value }] as const,
  );
  const { handle, plain } = new PredictHandler(parts);
  const rules: RouteRules = { direct: handle, plain };

  @ApiTags('Prediction')
  @Controller()
  class PredictController {
    @Post('predict_ctr')
    @HttpCode(200)
    @RouteConfig({ ...COUNTED, ...PREDICT, ...rules })
    @ApiOperation({ summary: 'Predict the click-through rate of an ad placement.' })
    @ApiDetailQuery()
    @ApiBody({ type: recordDto(contract), examples: Object.fromEntries(examples) })
    @ApiOkResponse({ type: PredictResponse, description: 'Predicted.', headers: answerHeaders })
    @ApiProblems([...PREDICTION_PROBLEMS, 'INVALID_QUERY', 'NO_INTERVALS'], {
      INVALID_RECORD: invalidRecord(contract, {}),
    })
    predict(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void | Promise<void> {
      return handle(request, reply);
    }
  }

  return PredictController;
}
