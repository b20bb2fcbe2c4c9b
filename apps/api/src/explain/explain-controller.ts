import { roundCtr } from '@adscale/ctr';
import { Body, Controller, HttpCode, Post, Query, Res, type Type } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiBody, ApiOkResponse, ApiOperation, ApiTags, getSchemaPath } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { versionHeader } from '../model/models-dto.js';
import { COUNTED } from '../logging/request-hooks.js';
import { ServedModel } from '../model/served-model.js';
import { exampleRequests } from '../record/record-examples.js';
import { REQUEST_NAME } from '../record/record-dto.js';
import { PREDICTION_PROBLEMS } from '../problem/catalogue.js';
import { ApiProblems } from '../problem/api-problems.js';
import { PREDICT } from '../security/scopes.js';
import { ExplainAnswer, explanationAnswer, remarksOf } from './explanation-answer.js';
import { Explanations } from './explanations.js';
import { refuseQuery } from '../record/query.js';

/** Makes the controller of the explanation route for the schema that `served` has. */
export function explainController({ schema }: ServedModel): Type<unknown> {
  const examples = Object.entries(exampleRequests(schema)).map(([name, value]) => [
    name,
    { value },
  ]);

  @ApiTags('Prediction')
  @Controller()
  class ExplainController {
    constructor(
      private readonly served: ServedModel,
      private readonly explanations: Explanations,
    ) {}

    @Post('explain')
    @HttpCode(200)
    @RouteConfig({ ...COUNTED, ...PREDICT })
    @ApiOperation({ summary: 'Say how much each feature of a placement moves its prediction.' })
    @ApiBody({
      required: true,
      schema: { $ref: getSchemaPath(REQUEST_NAME) },
      examples: Object.fromEntries(examples),
    })
    @ApiOkResponse({ type: ExplainAnswer, description: 'Explained.', headers: versionHeader })
    @ApiProblems([...PREDICTION_PROBLEMS, 'INVALID_QUERY'])
    async explain(
      @Body() body: unknown,
      @Query() query: unknown,
      @Res({ passthrough: true }) reply: FastifyReply,
    ): Promise<ExplainAnswer> {
      refuseQuery(query);
      const row = new Float64Array(schema.features.length);
      const { model } = this.served.servingFor(body, row);
      const explanation = await this.explanations.explain(model, row);
      void reply.header('x-model-version', model.version);
      return {
        predicted_ctr: roundCtr(explanation.prediction),
        ...explanationAnswer(model, explanation),
        ...remarksOf(model, row, body as object),
        model_version: model.version,
      };
    }
  }

  return ExplainController;
}
