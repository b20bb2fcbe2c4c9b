import { Body, Controller, HttpCode, Param, Post, Res, type Type } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiBody, ApiHeader, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { RouteRules } from '../record/route-rules.js';
import { versionHeader } from '../model/models-dto.js';
import type { Config } from '../config.js';
import { COUNTED } from '../logging/request-hooks.js';
import { ServedModel } from '../model/served-model.js';
import { PREDICT } from '../security/scopes.js';
import { BINARY_TYPE, InferenceBody, JSON_LENGTH, type TensorRules } from './binary-body.js';
import { fp64Bytes } from './datatypes.js';
import { Inference, type Inferred } from './inference.js';
import {
  ApiInferenceErrors,
  InferenceAnswer,
  InferenceRequestBody,
  exampleInferences,
} from './inference-documentation.js';
import { type ModelAddress, OUTPUT } from './inference-metadata.js';

const BINARY = `Bytes of the JSON, where binary data follows it (\`${BINARY_TYPE}\`).`;

/** Makes the controller of the protocol's inference for the schema that `served` has. */
export function inferController(
  { current, contract: bare }: ServedModel,
  { batchBodyLimitBytes }: Config,
): Type<unknown> {
  const rules: RouteRules & TensorRules = { bodyLimit: batchBodyLimitBytes, tensors: true };

  @ApiTags('Open Inference Protocol')
  @Controller('v2')
  class InferController {
    constructor(private readonly inference: Inference) {}

    @Post(['models/:name/infer', 'models/:name/versions/:version/infer'])
    @HttpCode(200)
    @RouteConfig({ ...COUNTED, ...PREDICT, ...rules })
    @ApiOperation({ summary: 'Predict for tensors of features.' })
    @ApiHeader({ name: JSON_LENGTH, required: false, description: BINARY })
    @ApiBody({ type: InferenceRequestBody, examples: exampleInferences(current?.contract ?? bare) })
    @ApiOkResponse({
      type: InferenceAnswer,
      description: 'Predicted. With binary data behind the JSON where it was asked for.',
      headers: {
        ...versionHeader,
        [JSON_LENGTH]: { description: BINARY, schema: { type: 'integer' } },
      },
    })
    @ApiInferenceErrors(400, 401, 403, 404, 408, 413, 415, 429, 500, 503)
    async infer(
      @Param() address: ModelAddress,
      @Body() body: unknown,
      @Res({ passthrough: true }) reply: FastifyReply,
    ): Promise<InferenceAnswer | Buffer> {
      const { json, tail } = body instanceof InferenceBody ? body : { json: body, tail: undefined };
      const inferred = await this.inference.infer(address, json, tail);
      void reply.header('x-model-version', inferred.version);
      if (!inferred.request.isBinaryWanted) return answerOf(inferred, { data: inferred.ctrs });
      const bytes = fp64Bytes(inferred.ctrs);
      const parameters = { binary_data_size: bytes.length };
      const head = Buffer.from(JSON.stringify(answerOf(inferred, { parameters })));
      void reply.header('content-type', BINARY_TYPE).header(JSON_LENGTH, head.length);
      return Buffer.concat([head, bytes]);
    }
  }

  return InferController;
}

/** @param content the output's data, or where it is */
function answerOf(
  { request: { id }, modelName, version, ctrs }: Inferred,
  content: Pick<InferenceAnswer['outputs'][number], 'data' | 'parameters'>,
): InferenceAnswer {
  return {
    model_name: modelName,
    model_version: version,
    ...(id !== undefined && { id }),
    outputs: [{ name: OUTPUT, datatype: 'FP64', shape: [ctrs.length], ...content }],
  };
}
