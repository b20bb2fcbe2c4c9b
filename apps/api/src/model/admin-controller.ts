import {
  applyDecorators,
  Body,
  Controller,
  Delete,
  HttpCode,
  Param,
  Post,
  Put,
} from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiBody, ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import type { ProblemCode } from '../problem/catalogue.js';
import { ApiProblems } from '../problem/api-problems.js';
import { ADMIN } from '../security/scopes.js';
import { ModelAdmin } from './admin.js';
import { RolloutAnswer } from './models-dto.js';
import { ModelListing } from './listing.js';
import type { Role, Trial } from './rollout.js';
import { TrialPipe, TrialRequest, trialRefusal } from './trial-request.js';

const COMMON_PROBLEMS: readonly ProblemCode[] = [
  'API_KEY_REQUIRED',
  'SCOPE_MISSING',
  'ADMIN_CLOSED',
  'REGISTRY_READ_ONLY',
  'REGISTRY_BUSY',
  'RATE_LIMITED',
  'OVERLOADED',
];

const CHANGED = 'Done: what is served and tried here from now on.';

/** A route that changes what is served or tried, and answers with what then is. */
function Change(summary: string, problems: readonly ProblemCode[] = []): MethodDecorator {
  return applyDecorators(
    HttpCode(200),
    RouteConfig(ADMIN),
    ApiOperation({ summary }),
    ApiOkResponse({ type: RolloutAnswer, description: CHANGED }),
    ApiProblems([...COMMON_PROBLEMS, ...problems], EXAMPLES),
  );
}

const EXAMPLES = {
  INVALID_TRIAL: trialRefusal(),
  MODEL_REFUSED: {
    detail:
      '20260101-120000-3fa1c2d4: the version cannot be read: 20260101-120000-3fa1c2d4: model.adsf is missing.',
  },
};

const TRIAL_PROBLEMS: readonly ProblemCode[] = [
  'MALFORMED_JSON',
  'BODY_TOO_LARGE',
  'UNSUPPORTED_MEDIA_TYPE',
  'INVALID_TRIAL',
  'MODEL_VERSION_UNKNOWN',
  'MODEL_REFUSED',
  'MODEL_NOT_LOADED',
];

/** Changes what is served and tried. */
@ApiTags('Models')
@Controller('models')
export class ModelAdminController {
  constructor(
    private readonly admin: ModelAdmin,
    private readonly listing: ModelListing,
  ) {}

  @Post(':version/promote')
  @Change('Serve this version.', ['MODEL_VERSION_UNKNOWN', 'MODEL_REFUSED'])
  @ApiParam({ name: 'version', example: '20260101-120000-3fa1c2d4' })
  async promote(@Param('version') version: string): Promise<RolloutAnswer> {
    await this.admin.promote(version);
    return this.listing.rollout();
  }

  @Post('rollback')
  @Change('Serve the version that served before this one.', ['NO_PREVIOUS_MODEL', 'MODEL_REFUSED'])
  async rollBack(): Promise<RolloutAnswer> {
    await this.admin.rollBack();
    return this.listing.rollout();
  }

  @Put('canary')
  @Change('Have this version answer a share of the requests.', TRIAL_PROBLEMS)
  @ApiBody({ type: TrialRequest })
  setCanary(@Body(TrialPipe) trial: Trial): Promise<RolloutAnswer> {
    return this.tryOut('canary', trial);
  }

  @Delete('canary')
  @Change('Have the current version answer all requests again.')
  endCanary(): Promise<RolloutAnswer> {
    return this.endTrial('canary');
  }

  @Put('shadow')
  @Change('Compare this version with the answers to a share of the requests.', TRIAL_PROBLEMS)
  @ApiBody({ type: TrialRequest })
  setShadow(@Body(TrialPipe) trial: Trial): Promise<RolloutAnswer> {
    return this.tryOut('shadow', trial);
  }

  @Delete('shadow')
  @Change('Compare no version with the answers any more.')
  endShadow(): Promise<RolloutAnswer> {
    return this.endTrial('shadow');
  }

  private async tryOut(role: Role, trial: Trial): Promise<RolloutAnswer> {
    await this.admin.tryOut(role, trial);
    return this.listing.rollout();
  }

  private async endTrial(role: Role): Promise<RolloutAnswer> {
    await this.admin.endTrial(role);
    return this.listing.rollout();
  }
}
