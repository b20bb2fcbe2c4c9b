import { Controller, HttpCode, Post, Req, Res, type Type } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiBody, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { ServiceStats } from '@adscale/stats';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Config } from '../config.js';
import { ApiIdsQuery, wantsIds } from '../ids/ids-query.js';
import type { PredictionIds } from '../ids/prediction-ids.js';
import { COUNTED } from '../logging/request-hooks.js';
import { versionHeader } from '../model/models-dto.js';
import type { ServedModel } from '../model/served-model.js';
import { PREDICTION_PROBLEMS, type ProblemCode } from '../problem/catalogue.js';
import { ApiProblems } from '../problem/api-problems.js';
import { ProblemError } from '../problem/problem.js';
import { PREDICT } from '../security/scopes.js';
import { answerBatch, readBatch } from './batch.js';
import { type PlainHandler, type RouteRules, sendPlain } from '../record/route-rules.js';
import { BatchAnswer, batchBody } from './batch-documentation.js';
import { RecordAnswers } from './record-answers.js';

const JSON_TYPE = 'application/json; charset=utf-8';

const problems: readonly ProblemCode[] = [
  ...PREDICTION_PROBLEMS.filter((code) => code !== 'INVALID_RECORD'),
  'BATCH_TOO_LARGE',
  'INVALID_BATCH',
  'INVALID_QUERY',
];

/** What batches are answered from. */
export interface BatchParts {
  readonly served: ServedModel;
  readonly stats: ServiceStats;
  readonly config: Config;
  readonly ids: PredictionIds;
}

/** Makes the controller of the batch route for the schema that `served` has. */
export function batchController({ served, stats, config, ids }: BatchParts): Type<unknown> {
  const { batchLimit, batchBodyLimitBytes } = config;
  const answer = async (body: unknown, isGone: () => boolean, named: boolean) => {
    const records = readBatch(body, batchLimit);
    const serving = served.current;
    if (serving === undefined) throw new ProblemError('MODEL_NOT_LOADED');
    const answers = new RecordAnswers(serving, stats, named ? ids : undefined);
    const text = await answerBatch(records, answers, isGone);
    const headers = ['x-model-version', serving.model.version, 'content-type', JSON_TYPE];
    return { headers, text: text ?? '' };
  };
  const plain: PlainHandler = (body, isGone) => answer(body, isGone, false);
  const handle: NonNullable<RouteRules['direct']> = async (request, reply) => {
    const named = wantsIds(request.query);
    sendPlain(reply, await answer(request.body, () => reply.raw.destroyed, named));
  };
  const rules: RouteRules = { bodyLimit: batchBodyLimitBytes, direct: handle, plain };

  @ApiTags('Prediction')
  @Controller()
  class BatchController {
    @Post('predict_ctr/batch')
    @HttpCode(200)
    @RouteConfig({ ...COUNTED, ...PREDICT, ...rules })
    @ApiOperation({
      operationId: 'predictBatch',
      summary: `Predict for up to ${batchLimit} placements at once.`,
      description:
        'One model answers all of them. A record that is not valid is answered with its error, ' +
        'in its place, and the others with their predictions.',
    })
    @ApiIdsQuery()
    @ApiBody(batchBody(served.schema, batchLimit))
    @ApiOkResponse({
      type: BatchAnswer,
      description: 'An outcome a record.',
      headers: versionHeader,
    })
    @ApiProblems(problems)
    predict(
      @Req() request: FastifyRequest,
      @Res() reply: FastifyReply,
    ): void | Promise<void | FastifyReply> {
      return handle(request, reply);
    }
  }

  return BatchController;
}
