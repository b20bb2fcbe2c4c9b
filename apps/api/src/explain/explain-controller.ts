import { roundCtr } from '@adscale/ctr';
import { Controller, HttpCode, Post, Req, Res, type Type } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiBody, ApiOkResponse, ApiOperation, ApiTags, getSchemaPath } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { versionHeader } from '../model/models-dto.js';
import { COUNTED } from '../logging/request-hooks.js';
import type { ServedModel } from '../model/served-model.js';
import { clientOf } from '../pool/client.js';
import { exampleRequests } from '../record/record-examples.js';
import { REQUEST_NAME } from '../record/record-dto.js';
import { PREDICTION_PROBLEMS } from '../problem/catalogue.js';
import { ApiProblems } from '../problem/api-problems.js';
import { PREDICT } from '../security/scopes.js';
import { ExplainAnswer, explanationAnswer, remarksOf } from './explanation-answer.js';
import type { Explanations } from './explanations.js';
import { refuseQuery } from '../record/query.js';
import type { RouteRules } from '../record/route-rules.js';

/** What explanations come from. */
export interface ExplanationParts {
  readonly served: ServedModel;
  readonly explanations: Explanations;
}

/** Makes the controller of the explanation route for the schema that the served model has. */
export function explainController(parts: ExplanationParts): Type<unknown> {
  const { schema } = parts.served;
  const examples = Object.entries(exampleRequests(schema)).map(([name, value]) => [
    name,
    { value },
  ]);

  const direct = explainHandler(parts);
  const rules: RouteRules = { direct };

  @ApiTags('Prediction')
  @Controller()
  class ExplainController {
    @Post('explain')
    @HttpCode(200)
    @RouteConfig({ ...COUNTED, ...PREDICT, ...rules })
    @ApiOperation({ summary: 'Say how much each feature of a placement moves its prediction.' })
    @ApiBody({
      required: true,
      schema: { $ref: getSchemaPath(REQUEST_NAME) },
      examples: Object.fromEntries(examples),
    })
    @ApiOkResponse({ type: ExplainAnswer, description: 'Explained.', headers: versionHeader })
    @ApiProblems([...PREDICTION_PROBLEMS, 'INVALID_QUERY'])
    explain(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
      return direct(request, reply);
    }
  }

  return ExplainController;
}

/** Answers `POST /explain`, straight from Fastify. */
function explainHandler({ served, explanations }: ExplanationParts) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    refuseQuery(request.query);
    const row = new Float64Array(served.contract.width);
    const { model } = served.servingFor(request.body, row);
    const client = clientOf(request, reply);
    try {
      const explanation = await explanations.explain(model, row, client);
      void reply.header('x-model-version', model.version);
      const answer: ExplainAnswer = {
        predicted_ctr: roundCtr(explanation.prediction),
        ...explanationAnswer(model, explanation),
        ...remarksOf(model, row, request.body as object),
        model_version: model.version,
      };
      void reply.send(answer);
    } catch (error) {
      // Nobody is there to be told.
      if (!client.aborted) throw error;
    }
  };
}
