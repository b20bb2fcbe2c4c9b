import { CtrError, type CtrErrorCode, Registry, type Role, type Trial } from '@adscale/ctr';
import {
  applyDecorators,
  Body,
  Controller,
  Delete,
  HttpCode,
  Injectable,
  Param,
  Post,
  Put,
} from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiBody, ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { ApiProblems } from '../problem/api-problems.js';
import type { ProblemCode } from '../problem/catalogue.js';
import { ProblemError } from '../problem/problem.js';
import type { RouteRules } from '../record/route-rules.js';
import { ADMIN } from '../security/scopes.js';
import { ModelChanges } from './changes.js';
import { ModelFollower } from './follower.js';
import { ModelListing } from './listing.js';
import { ModelLoader, ModelRefusedError, isReadOnly } from './loader.js';
import { RolloutAnswer, TrialPipe, TrialRequest, trialRefusal } from './models-dto.js';

/**
 * Changes what is served and tried. It loads and checks a model first, then tells the registry;
 * this process serves the model before the call resolves. Other processes that share the folder
 * follow at their next look. Every change throws ProblemError REGISTRY_READ_ONLY where the registry
 * cannot be written, REGISTRY_BUSY and REGISTRY_UNAVAILABLE. A change that throws has changed nothing, but
 * for one that got no answer from an object store: what the registry says next tells.
 */
@Injectable()
export class ModelAdmin {
  constructor(
    private readonly registry: Registry,
    private readonly loader: ModelLoader,
    private readonly follower: ModelFollower,
    private readonly changes: ModelChanges,
  ) {}

  /**
   * Serves a version.
   * @throws ProblemError MODEL_VERSION_UNKNOWN, MODEL_REFUSED
   */
  async promote(version: string): Promise<void> {
    await this.checkKnown(version);
    await this.checkServable(version);
    await this.changes.make('current', `promoted ${version}`, () =>
      this.change(() => this.registry.promote(version)),
    );
  }

  /**
   * Serves the version that served before the current one.
   * @throws ProblemError NO_PREVIOUS_MODEL, MODEL_REFUSED
   */
  async rollBack(): Promise<void> {
    const version = await this.registry.previous();
    if (version === undefined) throw new ProblemError('NO_PREVIOUS_MODEL');
    await this.checkServable(version);
    await this.changes.make('current', `rolled back to ${version}`, () =>
      this.change(() => this.registry.rollback()),
    );
  }

  /**
   * Tries a version on a share of the requests.
   * @throws ProblemError MODEL_VERSION_UNKNOWN, MODEL_NOT_LOADED, MODEL_REFUSED
   */
  async tryOut(role: Role, trial: Trial): Promise<void> {
    const { version, percent } = trial;
    await this.checkTrial(role, version);
    await this.changes.make(role, `set the ${role} to ${version} at ${percent} %`, () =>
      this.change(() => this.registry.setTrial(role, { version, percent })),
    );
  }

  /**
   * Checks that a version can be tried.
   * @returns the version that it would be tried beside
   * @throws ProblemError MODEL_VERSION_UNKNOWN, MODEL_NOT_LOADED, MODEL_REFUSED
   */
  async checkTrial(role: Role, version: string): Promise<string> {
    await this.checkKnown(version);
    const current = await this.registry.current();
    if (current === undefined) throw new ProblemError('MODEL_NOT_LOADED');
    if (current === version) {
      throw refused(version, `it serves already; a ${role} is another version`);
    }
    await this.checkServable(version);
    return current;
  }

  /** Tries nothing in this role any more. */
  async endTrial(role: Role): Promise<void> {
    await this.changes.make(role, `took the ${role} off`, () =>
      this.change(() => this.registry.setTrial(role, null)),
    );
  }

  /** Tells the registry, then does what it says. */
  private async change(tell: () => Promise<unknown>): Promise<void> {
    try {
      await tell();
    } catch (error) {
      throw registryProblem(error);
    }
    await this.follower.look();
  }

  private async checkKnown(version: string): Promise<void> {
    if ((await this.registry.versions()).includes(version)) return;
    throw new ProblemError('MODEL_VERSION_UNKNOWN');
  }

  private async checkServable(version: string): Promise<void> {
    try {
      await this.loader.load(version, this.follower.wantedSchema);
    } catch (error) {
      if (!(error instanceof ModelRefusedError)) throw error;
      throw refused(version, error.message, error);
    }
  }
}

const BY_CTR_CODE: Partial<Record<CtrErrorCode, ProblemCode>> = {
  VERSION_UNKNOWN: 'MODEL_VERSION_UNKNOWN',
  NO_PREVIOUS: 'NO_PREVIOUS_MODEL',
  REGISTRY_BUSY: 'REGISTRY_BUSY',
  REGISTRY_BROKEN: 'REGISTRY_UNAVAILABLE',
  STORE_REFUSED: 'REGISTRY_UNAVAILABLE',
  STORE_UNREACHABLE: 'REGISTRY_UNAVAILABLE',
};

/** Why the registry could not be changed; others may have changed it meanwhile. */
export function registryProblem(cause: unknown): unknown {
  if (isReadOnly(cause)) return new ProblemError('REGISTRY_READ_ONLY', { cause });
  const code = cause instanceof CtrError ? BY_CTR_CODE[cause.code] : undefined;
  return code === undefined ? cause : new ProblemError(code, { cause });
}

function refused(version: string, reason: string, cause?: unknown): ProblemError {
  return new ProblemError('MODEL_REFUSED', { detail: `${version}: ${reason}.`, cause });
}

export const COMMON_PROBLEMS: readonly ProblemCode[] = [
  'API_KEY_REQUIRED',
  'SCOPE_MISSING',
  'ADMIN_CLOSED',
  'REGISTRY_READ_ONLY',
  'REGISTRY_BUSY',
  'REGISTRY_UNAVAILABLE',
  'RATE_LIMITED',
  'OVERLOADED',
];

export const TRIAL_PROBLEMS: readonly ProblemCode[] = [
  'MALFORMED_JSON',
  'BODY_TOO_LARGE',
  'UNSUPPORTED_MEDIA_TYPE',
  'INVALID_TRIAL',
  'MODEL_VERSION_UNKNOWN',
  'MODEL_REFUSED',
  'MODEL_NOT_LOADED',
];

const EXAMPLES = {
  INVALID_TRIAL: trialRefusal(),
  MODEL_REFUSED: {
    detail:
      '20260101-120000-3fa1c2d4: the version cannot be read: 20260101-120000-3fa1c2d4: model.adsf is missing.',
  },
};

/** Route configuration of a change that takes no body: many clients say that they send JSON all the same. */
export const ORDER = { ...ADMIN, optionalBody: true } as const satisfies RouteRules;

/**
 * Decorates a route that changes what is served or tried, and answers with the outcome.
 * @param problems MALFORMED_JSON among them if it takes a body
 */
export function Change(summary: string, problems: readonly ProblemCode[] = []): MethodDecorator {
  const description = 'Done: what is served and tried here from now on.';
  return applyDecorators(
    HttpCode(200),
    RouteConfig(problems.includes('MALFORMED_JSON') ? ADMIN : ORDER),
    ApiOperation({ summary }),
    ApiOkResponse({ type: RolloutAnswer, description }),
    ApiProblems([...COMMON_PROBLEMS, ...problems], EXAMPLES),
  );
}

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
  promote(@Param('version') version: string): Promise<RolloutAnswer> {
    return this.after(this.admin.promote(version));
  }

  @Post('rollback')
  @Change('Serve the version that served before this one.', ['NO_PREVIOUS_MODEL', 'MODEL_REFUSED'])
  rollBack(): Promise<RolloutAnswer> {
    return this.after(this.admin.rollBack());
  }

  @Put('shadow')
  @Change('Compare this version with the answers to a share of the requests.', TRIAL_PROBLEMS)
  @ApiBody({ type: TrialRequest })
  setShadow(@Body(TrialPipe) trial: Trial): Promise<RolloutAnswer> {
    return this.after(this.admin.tryOut('shadow', trial));
  }

  @Delete('shadow')
  @Change('Compare no version with the answers any more.')
  endShadow(): Promise<RolloutAnswer> {
    return this.after(this.admin.endTrial('shadow'));
  }

  private async after(change: Promise<void>): Promise<RolloutAnswer> {
    await change;
    return this.listing.rollout();
  }
}
