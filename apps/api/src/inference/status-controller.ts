import { Controller, Get, Param, type Type } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Config } from '../config.js';
import { Readiness } from '../health/readiness.js';
import { QUIET } from '../logging/request-hooks.js';
import { ServedModel } from '../model/served-model.js';
import { ProblemError } from '../problem/problem.js';
import {
  ApiInferenceErrors,
  LiveAnswer,
  ModelMetadataAnswer,
  ModelReadyAnswer,
  ReadyAnswer,
  ServerMetadataAnswer,
} from './inference-documentation.js';
import {
  type ModelAddress,
  type ModelMetadata,
  type ServerMetadata,
  checkName,
  modelMetadata,
  serverMetadata,
  servingOf,
} from './inference-metadata.js';

/** Makes the controller of the protocol's metadata and health of server and model. */
export function inferenceStatusController({ modelName }: Config): Type<unknown> {
  @ApiTags('Open Inference Protocol')
  @Controller('v2')
  class InferenceStatusController {
    constructor(
      private readonly served: ServedModel,
      private readonly readiness: Readiness,
    ) {}

    @Get()
    @ApiOperation({ operationId: 'getServerMetadata', summary: 'What server is this?' })
    @ApiOkResponse({ type: ServerMetadataAnswer, description: 'This one.' })
    server(): ServerMetadata {
      return serverMetadata;
    }

    @Get('health/live')
    @RouteConfig(QUIET)
    @ApiOperation({ operationId: 'getServerLive', summary: 'Is the process up?' })
    @ApiOkResponse({ type: LiveAnswer, description: 'It is.' })
    live(): LiveAnswer {
      return { live: true };
    }

    @Get('health/ready')
    @RouteConfig(QUIET)
    @ApiOperation({ operationId: 'getServerReady', summary: 'Can it predict?' })
    @ApiOkResponse({ type: ReadyAnswer, description: 'It can.' })
    @ApiInferenceErrors(503)
    ready(): ReadyAnswer {
      const obstacle = this.readiness.obstacle();
      if (obstacle !== undefined) throw new ProblemError(obstacle);
      return { ready: true };
    }

    @Get(['models/:name', 'models/:name/versions/:version'])
    @ApiOperation({
      operationId: 'getModelMetadata',
      summary: 'What does the model take, and what does it give?',
    })
    @ApiOkResponse({ type: ModelMetadataAnswer, description: 'Its tensors.' })
    @ApiInferenceErrors(404)
    model(@Param() address: ModelAddress): ModelMetadata {
      checkName(address, modelName);
      if (address.version !== undefined) servingOf(this.served, address, modelName);
      const canary = this.served.trial('canary')?.version;
      const versions = [this.served.current?.model.version, canary];
      return modelMetadata(
        modelName,
        this.served.schema,
        versions.filter((one) => one !== undefined),
      );
    }

    @Get(['models/:name/ready', 'models/:name/versions/:version/ready'])
    @RouteConfig(QUIET)
    @ApiOperation({ operationId: 'getModelReady', summary: 'Is the model loaded?' })
    @ApiOkResponse({ type: ModelReadyAnswer, description: 'It is.' })
    @ApiInferenceErrors(404, 503)
    modelReady(@Param() address: ModelAddress): ModelReadyAnswer {
      servingOf(this.served, address, modelName);
      return { name: modelName, ready: true };
    }
  }

  return InferenceStatusController;
}
