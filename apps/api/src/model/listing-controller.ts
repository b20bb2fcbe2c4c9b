import { CtrError, type ModelCard } from '@adscale/ctr';
import { Controller, Get, Param } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import type { ProblemCode } from '../problem/catalogue.js';
import { ApiProblems } from '../problem/api-problems.js';
import { ProblemError } from '../problem/problem.js';
import { PREDICT } from '../security/scopes.js';
import { ModelsAnswer } from './models-dto.js';
import { ModelListing } from './listing.js';

const COMMON_PROBLEMS: readonly ProblemCode[] = [
  'API_KEY_REQUIRED',
  'SCOPE_MISSING',
  'RATE_LIMITED',
  'OVERLOADED',
];

/** Tells what models there are. */
@ApiTags('Models')
@Controller('models')
export class ModelController {
  constructor(private readonly listing: ModelListing) {}

  @Get()
  @RouteConfig(PREDICT)
  @ApiOperation({ summary: 'All versions: how good each is and what it does now.' })
  @ApiOkResponse({ type: ModelsAnswer, description: 'As this process sees it at this moment.' })
  @ApiProblems(COMMON_PROBLEMS)
  list(): Promise<ModelsAnswer> {
    return this.listing.list();
  }

  @Get(':version')
  @RouteConfig(PREDICT)
  @ApiOperation({ summary: 'The card of a version: data, parameters and evaluation.' })
  @ApiParam({ name: 'version', example: '20260101-120000-3fa1c2d4' })
  @ApiOkResponse({
    description: 'As it was written when the model was trained, but for training rows.',
    schema: { type: 'object', additionalProperties: true },
  })
  @ApiProblems([...COMMON_PROBLEMS, 'MODEL_VERSION_UNKNOWN', 'MODEL_REFUSED'])
  async card(@Param('version') version: string): Promise<Partial<ModelCard>> {
    try {
      return await this.listing.card(version);
    } catch (error) {
      throw problemOf(error);
    }
  }
}

function problemOf(cause: unknown): unknown {
  if (!(cause instanceof CtrError)) return cause;
  if (cause.code === 'VERSION_UNKNOWN') return new ProblemError('MODEL_VERSION_UNKNOWN', { cause });
  return new ProblemError('MODEL_REFUSED', { detail: `${cause.message}.`, cause });
}
