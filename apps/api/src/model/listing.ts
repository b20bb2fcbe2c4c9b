import { CtrError, type ModelCard, ROLES, Registry } from '@adscale/ctr';
import { Controller, Get, Injectable, Param } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { ApiProblems } from '../problem/api-problems.js';
import type { ProblemCode } from '../problem/catalogue.js';
import { ProblemError } from '../problem/problem.js';
import { PREDICT } from '../security/scopes.js';
import { ModelLoader, refusalFor } from './loader.js';
import { ModelsAnswer, type RolloutAnswer, type VersionAnswer } from './models-dto.js';
import { ServedModel } from './served-model.js';

/** The part of a listed version that comes from its card. */
type CardSummary = Pick<VersionAnswer, 'created_at' | 'metrics' | 'refused'>;

/** Tells what models there are and what each does here. */
@Injectable()
export class ModelListing {
  /** By version. Cards never change, so each is read once. */
  private readonly summaries = new Map<string, CardSummary>();
  private readonly digests = new Map<string, string>();

  constructor(
    private readonly registry: Registry,
    private readonly loader: ModelLoader,
    private readonly served: ServedModel,
  ) {}

  /** All versions of the registry, newest first, and what is served and tried here. */
  async list(): Promise<ModelsAnswer> {
    const versions = (await this.registry.versions()).reverse();
    this.forgetAllBut(versions);
    for (const { version, digest } of this.served.models()) this.digests.set(version, digest);
    const listed = await Promise.all(versions.map((version) => this.versionAnswer(version)));
    return { ...(await this.rollout()), versions: listed };
  }

  /** What is served and tried here now. */
  async rollout(): Promise<RolloutAnswer> {
    const { served, registry } = this;
    return {
      serving: served.current?.model.version ?? null,
      current: (await registry.current()) ?? null,
      previous: (await registry.previous()) ?? null,
      canary: served.trial('canary'),
      shadow: served.trial('shadow'),
    };
  }

  /**
   * The card of a version without the training rows that it keeps for explanations: a key that may
   * ask for predictions does not give access to the data.
   * @throws CtrError VERSION_UNKNOWN, VERSION_BROKEN
   */
  async card(version: string): Promise<Partial<ModelCard>> {
    const card: { -readonly [K in keyof ModelCard]?: ModelCard[K] } = {
      ...(await this.registry.card(version)),
    };
    delete card.background;
    return card;
  }

  private async versionAnswer(version: string): Promise<VersionAnswer> {
    const { loader, served, digests } = this;
    const roles = ROLES.filter((role) => served.trial(role)?.version === version) as string[];
    if (served.current?.model.version === version) roles.unshift('current');
    const { created_at, metrics, refused } = await this.summary(version);
    return {
      version,
      created_at,
      digest: digests.get(version) ?? null,
      metrics,
      loaded: roles.length > 0,
      roles,
      refused: loader.refusalOf(version) ?? refused,
    };
  }

  private async summary(version: string): Promise<CardSummary> {
    const known = this.summaries.get(version);
    if (known !== undefined) return known;
    try {
      const card: Partial<ModelCard> = await this.registry.card(version);
      const summary = summaryOf(card);
      this.summaries.set(version, summary);
      return summary;
    } catch (error) {
      return { created_at: null, metrics: null, refused: refusalFor(error).message };
    }
  }

  private forgetAllBut(versions: readonly string[]): void {
    for (const known of [this.summaries, this.digests]) {
      for (const version of known.keys()) if (!versions.includes(version)) known.delete(version);
    }
  }
}

/** Metrics have four decimals, as in the card's own table, and are null where the card has none. */
function summaryOf(card: Partial<ModelCard>): CardSummary {
  const { held_out } = card;
  const created_at = card.created_at ?? null;
  if (held_out?.observed === undefined) return { created_at, metrics: null, refused: null };
  const { rows, observed, normalised_entropy, calibration_ratio } = held_out;
  const metrics = { rows, r2: observed.weighted_r2, normalised_entropy, calibration_ratio };
  return { created_at, metrics, refused: null };
}

const COMMON_PROBLEMS: readonly ProblemCode[] = [
  'API_KEY_REQUIRED',
  'SCOPE_MISSING',
  'RATE_LIMITED',
  'OVERLOADED',
];

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
