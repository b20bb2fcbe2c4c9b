import { ServiceStats } from '@adscale/stats';
import { Body, Controller, HttpCode, Param, Post, Res, type Type } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiBody, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { checkBatchSize } from '../batch/batch.js';
import type { BodyRules } from '../record/route-rules.js';
import { versionHeader } from '../batch/batch-documentation.js';
import { RecordAnswers } from '../batch/record-answers.js';
import type { Config } from '../config.js';
import { COUNTED } from '../logging/request-hooks.js';
import { ServedModel } from '../model/served-model.js';
import { RecordPipe } from '../record/record-reading.js';
import { PREDICT } from '../security/scopes.js';
import {
  ApiInferenceErrors,
  InferenceAnswer,
  InferenceRequestBody,
  exampleInferences,
} from './inference-documentation.js';
import { infer } from './infer.js';
import { OUTPUT } from './inference-metadata.js';
import { recordsOf } from './tensor-records.js';
import { readInferenceRequest } from './tensors.js';
import { type ModelAddress, servingOf } from './version.js';

/** Makes the controller of the protocol's inference for the schema that `served` has. */
export function inferController(
  { schema }: ServedModel,
  { batchLimit, batchBodyLimitBytes, modelName }: Config,
): Type<unknown> {
  const rules: BodyRules = { bodyLimit: batchBodyLimitBytes };

  @ApiTags('Open Inference Protocol')
  @Controller('v2')
  class InferController {
    constructor(
      private readonly served: ServedModel,
      private readonly pipe: RecordPipe,
      private readonly stats: ServiceStats,
    ) {}

    @Post(['models/:name/infer', 'models/:name/versions/:version/infer'])
    @HttpCode(200)
    @RouteConfig({ ...COUNTED, ...PREDICT, ...rules })
    @ApiOperation({ summary: 'Predict for tensors of features.' })
    @ApiBody({ type: InferenceRequestBody, examples: exampleInferences(schema) })
    @ApiOkResponse({ type: InferenceAnswer, description: 'Predicted.', headers: versionHeader })
    @ApiInferenceErrors(400, 401, 403, 404, 408, 413, 415, 429, 500, 503)
    async infer(
      @Param() address: ModelAddress,
      @Body() body: unknown,
      @Res({ passthrough: true }) reply: FastifyReply,
    ): Promise<InferenceAnswer> {
      const serving = servingOf(this.served, address, modelName);
      const { id, tensors } = readInferenceRequest(body);
      const records = recordsOf(tensors, schema);
      checkBatchSize(records.length, batchLimit);
      const answers = new RecordAnswers(serving, this.pipe, this.stats);
      const data = await infer(records, this.pipe, answers);
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
