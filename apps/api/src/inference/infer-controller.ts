import type { RecordContract } from '@adscale/ctr';
import { ServiceStats } from '@adscale/stats';
import { Body, Controller, HttpCode, Param, Post, Res, type Type } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiBody, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { checkBatchSize } from '../batch/batch.js';
import type { RouteRules } from '../record/route-rules.js';
import { versionHeader } from '../model/models-dto.js';
import { RecordAnswers } from '../batch/record-answers.js';
import type { Config } from '../config.js';
import { COUNTED } from '../logging/request-hooks.js';
import { ServedModel } from '../model/served-model.js';
import { Turn } from '../overload/turn.js';
import type { ProblemError } from '../problem/problem.js';
import { PREDICT } from '../security/scopes.js';
import {
  ApiInferenceErrors,
  InferenceAnswer,
  InferenceRequestBody,
  exampleInferences,
} from './inference-documentation.js';
import { type ModelAddress, OUTPUT, servingOf } from './inference-metadata.js';
import { refusal } from './inference-errors.js';
import { mayLack, recordsOf } from './tensor-records.js';
import { readInferenceRequest } from './tensors.js';

/** A refusal names at most this many wrong fields of a row. */
const MOST_REASONS = 20;

/** Makes the controller of the protocol's inference for the schema that `served` has. */
export function inferController(
  { current, contract: bare }: ServedModel,
  { batchLimit, batchBodyLimitBytes, modelName }: Config,
): Type<unknown> {
  const rules: RouteRules = { bodyLimit: batchBodyLimitBytes };

  @ApiTags('Open Inference Protocol')
  @Controller('v2')
  class InferController {
    constructor(
      private readonly served: ServedModel,
      private readonly stats: ServiceStats,
    ) {}

    @Post(['models/:name/infer', 'models/:name/versions/:version/infer'])
    @HttpCode(200)
    @RouteConfig({ ...COUNTED, ...PREDICT, ...rules })
    @ApiOperation({ summary: 'Predict for tensors of features.' })
    @ApiBody({ type: InferenceRequestBody, examples: exampleInferences(current?.contract ?? bare) })
    @ApiOkResponse({ type: InferenceAnswer, description: 'Predicted.', headers: versionHeader })
    @ApiInferenceErrors(400, 401, 403, 404, 408, 413, 415, 429, 500, 503)
    async infer(
      @Param() address: ModelAddress,
      @Body() body: unknown,
      @Res({ passthrough: true }) reply: FastifyReply,
    ): Promise<InferenceAnswer> {
      const serving = servingOf(this.served, address, modelName);
      const { contract } = serving;
      const { id, tensors } = readInferenceRequest(body, (name) => mayLack(contract, name));
      const records = recordsOf(tensors, contract, serving.model.words);
      checkBatchSize(records.length, batchLimit);
      const answers = new RecordAnswers(serving, this.stats);
      const data = await infer(records, contract, answers);
      void reply.header('x-model-version', serving.model.version);
      return {
        model_name: modelName,
        model_version: serving.model.version,
        ...(id !== undefined && { id }),
        outputs: [{ name: OUTPUT, datatype: 'FP64', shape: [data.length], data }],
      };
    }
  }

  return InferController;
}

/**
 * Predicts all records, or none, because the protocol has no place for the error of one row. Other
 * requests are answered in between.
 * @throws ProblemError INVALID_INFERENCE naming the first row that is not valid
 */
async function infer(
  records: readonly object[],
  contract: RecordContract,
  answers: RecordAnswers,
): Promise<number[]> {
  const turn = new Turn();
  const { width } = contract;
  const rows = new Float64Array(records.length * width);
  for (let i = 0; i < records.length; i++) {
    if (!contract.read(records[i], rows, i * width)) throw refusalOf(contract, records[i], i);
    if (turn.isOver()) await turn.pass();
  }
  const ctrs = new Array<number>(records.length);
  for (let i = 0; i < records.length; i++) {
    ctrs[i] = answers.predict(rows.subarray(i * width, (i + 1) * width));
    if (turn.isOver()) await turn.pass();
  }
  return ctrs;
}

function refusalOf(contract: RecordContract, record: object, row: number): ProblemError {
  const reasons = contract.problems(record, MOST_REASONS).map(({ message }) => message);
  return refusal(`row ${row}: ${reasons.join('; ')}`);
}
