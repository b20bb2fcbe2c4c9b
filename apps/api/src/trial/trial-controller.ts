import {
  applyDecorators,
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  Param,
  Post,
  Put,
} from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import {
  ApiBody,
  ApiExtraModels,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiTags,
} from '@nestjs/swagger';
import { Change, COMMON_PROBLEMS, ModelAdmin, ORDER, TRIAL_PROBLEMS } from '../model/admin.js';
import { ModelListing } from '../model/listing.js';
import type { RolloutAnswer } from '../model/models-dto.js';
import { ApiProblems } from '../problem/api-problems.js';
import { PREDICT } from '../security/scopes.js';
import { CanaryPipe, CanaryRequest, GateOptionsRequest, type WantedCanary } from './canary-dto.js';
import { TrialDesk } from './desk.js';
import { TrialAnswer, trialAnswer, TrialsAnswer, trialsAnswer } from './trial-dto.js';
import type { Order } from './trials.js';

const STORE_PROBLEMS = ['OUTCOMES_OFF', 'OUTCOMES_UNAVAILABLE'] as const;

/** Decorates a route that has the trial do as an operator says. */
function Ordered(summary: string): MethodDecorator {
  return applyDecorators(
    HttpCode(200),
    RouteConfig(ORDER),
    ApiOperation({ summary }),
    ApiOkResponse({ type: TrialAnswer, description: 'Done: the trial as it is from now on.' }),
    ApiProblems([...COMMON_PROBLEMS, ...STORE_PROBLEMS, 'NO_TRIAL']),
  );
}

@ApiTags('Models')
@ApiExtraModels(GateOptionsRequest)
@Controller('models')
export class TrialController {
  constructor(
    private readonly desk: TrialDesk,
    private readonly admin: ModelAdmin,
    private readonly listing: ModelListing,
  ) {}

  @Put('canary')
  @Change('Have this version answer a share of the requests; with a gate, one that grows.', [
    ...TRIAL_PROBLEMS,
    ...STORE_PROBLEMS,
  ])
  @ApiBody({ type: CanaryRequest })
  async setCanary(@Body(CanaryPipe) wanted: WantedCanary): Promise<RolloutAnswer> {
    if (wanted.kind === 'plain') await this.admin.tryOut('canary', wanted.trial);
    else await this.desk.begin(this.admin, wanted.canary);
    return this.listing.rollout();
  }

  @Delete('canary')
  @Change('Have the current version answer all requests again.')
  async endCanary(): Promise<RolloutAnswer> {
    await this.admin.endTrial('canary');
    return this.listing.rollout();
  }

  @Post('canary/hold')
  @Ordered('Have the gated canary stay as it is, unless it must go back.')
  holdCanary(): Promise<TrialAnswer> {
    return this.order('hold');
  }

  @Post('canary/resume')
  @Ordered('Let the gated canary grow again.')
  resumeCanary(): Promise<TrialAnswer> {
    return this.order('resume');
  }

  @Post('canary/promote')
  @Ordered('Serve the gated canary, whatever the evidence.')
  promoteCanary(): Promise<TrialAnswer> {
    return this.order('promote');
  }

  @Post('canary/abort')
  @Ordered('Have the current version answer all requests again, whatever the evidence.')
  abortCanary(): Promise<TrialAnswer> {
    return this.order('abort');
  }

  @Get('trials')
  @RouteConfig(PREDICT)
  @ApiOperation({
    operationId: 'listTrials',
    summary: 'Versions that had a gated trial, the latest first.',
  })
  @ApiOkResponse({ type: TrialsAnswer, description: 'None where outcomes are off.' })
  @ApiProblems([
    ...(['API_KEY_REQUIRED', 'SCOPE_MISSING', 'RATE_LIMITED', 'OVERLOADED'] as const),
    'OUTCOMES_UNAVAILABLE',
  ])
  async trials(): Promise<TrialsAnswer> {
    return trialsAnswer(await this.desk.tried());
  }

  @Get(':version/trial')
  @RouteConfig(PREDICT)
  @ApiOperation({
    operationId: 'getTrial',
    summary: 'The latest gated trial of a version: every step with its evidence.',
  })
  @ApiParam({ name: 'version', example: '20260101-120000-3fa1c2d4' })
  @ApiOkResponse({ type: TrialAnswer, description: 'As the store has it at this moment.' })
  @ApiProblems([
    ...(['API_KEY_REQUIRED', 'SCOPE_MISSING', 'RATE_LIMITED', 'OVERLOADED'] as const),
    ...STORE_PROBLEMS,
    'NO_TRIAL',
  ])
  async trial(@Param('version') version: string): Promise<TrialAnswer> {
    return trialAnswer(await this.desk.latest(version));
  }

  private async order(order: Order): Promise<TrialAnswer> {
    return trialAnswer(await this.desk.order(order));
  }
}
