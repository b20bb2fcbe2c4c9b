import { Body, Controller, HttpCode, Post, Query, Res, type Type } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiBody, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ServiceStats } from '@adscale/stats';
import type { FastifyReply } from 'fastify';
import type { Config } from '../config.js';
import { refuseQuery } from '../record/query.js';
import { COUNTED } from '../logging/request-hooks.js';
import { versionHeader } from '../model/models-dto.js';
import { ServedModel } from '../model/served-model.js';
import { PREDICTION_PROBLEMS, type ProblemCode } from '../problem/catalogue.js';
import { ApiProblems } from '../problem/api-problems.js';
import { ProblemError } from '../problem/problem.js';
import { PREDICT } from '../security/scopes.js';
import { answerBatch, readBatch } from './batch.js';
import type { RouteRules } from '../record/route-rules.js';
import { BatchAnswer, batchBody } from './batch-documentation.js';
import { RecordAnswers } from './record-answers.js';

const problems: readonly ProblemCode[] = [
  ...PREDICTION_PROBLEMS.filter((code) => code !== 'INVALID_RECORD'),
  'BATCH_TOO_LARGE',
  'INVALID_BATCH',
  'INVALID_QUERY',
];

/** Makes the controller of the batch route for the schema that `served` has. */
export function batchController(
  { schema }: ServedModel,
  { batchLimit, batchBodyLimitBytes }: Config,
): Type<unknown> {
  const rules: RouteRules = { bodyLimit: batchBodyLimitBytes };

  @ApiTags('Prediction')
  @Controller()
  class BatchController {
    constructor(
      private readonly served: ServedModel,
      private readonly stats: ServiceStats,
    ) {}

    @Post('predict_ctr/batch')
    @HttpCode(200)
    @RouteConfig({ ...COUNTED, ...PREDICT, ...rules })
    @ApiOperation({
      summary: `Predict for up to ${batchLimit} placements at once.`,
      description:
        'One model answers all of them. A record that is not valid is answered with its error, ' +
        'in its place, and the others with their predictions.',
    })
    @ApiBody(batchBody(schema, batchLimit))
    @ApiOkResponse({
      type: BatchAnswer,
      description: 'An outcome a record.',
      headers: versionHeader,
    })
    @ApiProblems(problems)
    async predict(
      @Body() body: unknown,
      @Query() query: unknown,
      @Res({ passthrough: true }) reply: FastifyReply,
    ): Promise<string> {
      refuseQuery(query);
      const records = readBatch(body, batchLimit);
      const serving = this.served.current;
      if (serving === undefined) throw new ProblemError('MODEL_NOT_LOADED');
      const answers = new RecordAnswers(serving, this.stats);
      const text = await answerBatch(records, answers, () => reply.raw.destroyed);
      void reply
        .header('x-model-version', serving.model.version)
        .type('application/json; charset=utf-8');
      return text ?? '';
    }
  }

  return BatchController;
}
