import { Controller, Get, Param } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { QUIET } from '../logging/request-hooks.js';
import { ProblemError } from '../problem/problem.js';
import {
  ApiInferenceErrors,
  LiveAnswer,
  ModelMetadataAnswer,
  ModelReadyAnswer,
  ReadyAnswer,
  ServerMetadataAnswer,
} from './inference-documentation.js';
import { Inference } from './inference.js';
import {
  type ModelAddress,
  type ModelMetadata,
  type ServerMetadata,
  serverMetadata,
} from './inference-metadata.js';

/** Answers for the protocol's metadata and health of server and model. */
@ApiTags('Open Inference Protocol')
@Controller('v2')
export class InferenceStatusController {
  constructor(private readonly inference: Inference) {}

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
    const obstacle = this.inference.obstacle();
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
    return this.inference.metadata(address);
  }

  @Get(['models/:name/ready', 'models/:name/versions/:version/ready'])
  @RouteConfig(QUIET)
  @ApiOperation({ operationId: 'getModelReady', summary: 'Is the model loaded?' })
  @ApiOkResponse({ type: ModelReadyAnswer, description: 'It is.' })
  @ApiInferenceErrors(404, 503)
  modelReady(@Param() address: ModelAddress): ModelReadyAnswer {
    this.inference.checkModel(address);
    return { name: address.name, ready: true };
  }
}
