import { CtrError, type DominantRows, type ModelCard, ROLES, Registry } from '@adscale/ctr';
import { Controller, Get, Injectable, Param } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import {
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiTags,
  type OpenAPIObject,
} from '@nestjs/swagger';
import { ApiProblems } from '../problem/api-problems.js';
import type { ProblemCode } from '../problem/catalogue.js';
import { ProblemError } from '../problem/problem.js';
import { PREDICT } from '../security/scopes.js';
import { ModelLoader, refusalFor } from './loader.js';
import {
  ModelsAnswer,
  type ReplicaAnswer,
  type RolloutAnswer,
  type VersionAnswer,
} from './models-dto.js';
import { ServedModel } from './served-model.js';

/** The part of a listed version that comes from its card. */
type CardSummary = Pick<VersionAnswer, 'created_at' | 'metrics' | 'refused'>;

/** The processes that serve, this one among them. */
export abstract class Replicas {
  /** What each serves. Never rejects. */
  abstract serving(): Promise<readonly ReplicaAnswer[]>;
}

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
    private readonly replicas: Replicas,
  ) {}

  /** All versions of the registry, newest first, and what is served and tried here. */
  async list(): Promise<ModelsAnswer> {
    const versions = (await this.registry.versions()).reverse();
    this.forgetAllBut(versions);
    for (const { version, digest } of this.served.models()) this.digests.set(version, digest);
    const tags = [...(await this.registry.tags())];
    const tagsOf = (version: string) => tags.filter(([, of]) => of === version).map(([tag]) => tag);
    const listed = await Promise.all(
      versions.map((version) => this.versionAnswer(version, tagsOf(version).sort())),
    );
    const replicas = [...(await this.replicas.serving())];
    return { ...(await this.rollout()), versions: listed, replicas };
  }

  /** What is served and tried here now. */
  async rollout(): Promise<RolloutAnswer> {
    const { served, registry } = this;
    return {
      serving: served.version,
      current: (await registry.current()) ?? null,
      previous: (await registry.previous()) ?? null,
      canary: served.trial('canary'),
      shadow: served.trial('shadow'),
    };
  }

  /**
   * The card of a version without the training rows that it keeps for explanations, and without the
   * values of rows that dominate: a key that may ask for predictions does not give access to the data.
   * @throws CtrError VERSION_UNKNOWN, VERSION_BROKEN
   */
  async card(version: string): Promise<Partial<ModelCard>> {
    const card: { -readonly [K in keyof ModelCard]?: ModelCard[K] } = {
      ...(await this.registry.card(version)),
    };
    delete card.background;
    if (card.dominant_rows) card.dominant_rows = withoutValues(card.dominant_rows);
    return card;
  }

  private async versionAnswer(version: string, tags: string[]): Promise<VersionAnswer> {
    const { loader, served, digests } = this;
    const roles = ROLES.filter((role) => served.trial(role)?.version === version) as string[];
    if (served.current?.model.version === version) roles.unshift('current');
    const { created_at, metrics, refused } = await this.summary(version);
    return {
      version,
      tags,
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

/** Dominant rows by their share alone. */
function withoutValues({ training, held_out }: DominantRows): DominantRows {
  return {
    ...(training && { training: { ...training, features: {} } }),
    ...(held_out && { held_out: { ...held_out, features: {} } }),
  };
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
  'REGISTRY_UNAVAILABLE',
  'RATE_LIMITED',
  'OVERLOADED',
];

/** What clients read of a card beside the metrics that `GET /models` lists. */
const cardProperties: NonNullable<NonNullable<OpenAPIObject['components']>['schemas']> = {
  held_out: {
    type: 'object',
    additionalProperties: true,
    description:
      'Metrics on rows that no tree saw, with intervals; overdispersion.rho is by how much rows differ beyond binomial chance.',
  },
  segments: {
    type: 'array',
    description: 'Held-out calibration by feature value and by tenth of prediction.',
    items: {
      type: 'object',
      properties: {
        segment: { type: 'string', example: 'device_type = mobile' },
        rows: { type: 'integer', example: 560 },
        impressions: { type: 'number', example: 8400000 },
        clicks: { type: 'number', example: 217654 },
        predicted_clicks: { type: 'number', example: 218900 },
        calibration_ratio: {
          type: 'number',
          nullable: true,
          example: 1.006,
          description: 'Predicted over observed clicks; null without clicks.',
        },
        interval: {
          type: 'array',
          items: { type: 'number', nullable: true },
          example: [0.991, 1.021],
          description: '95 %; null for an end that clicks are too few to tell.',
        },
        off: {
          type: 'boolean',
          nullable: true,
          example: false,
          description:
            'Whether the ratio is not 1 beyond chance, corrected for looking at all segments; null where clicks are too few to tell.',
        },
      },
    },
  },
  dominant_rows: {
    type: 'object',
    additionalProperties: true,
    description:
      'Rows of a fifth or more of the training or held-out impressions, with the held-out metrics without such a row. Absent where there is none.',
  },
};

@ApiTags('Models')
@Controller('models')
export class ModelController {
  constructor(private readonly listing: ModelListing) {}

  @Get()
  @RouteConfig(PREDICT)
  @ApiOperation({
    operationId: 'listModels',
    summary: 'All versions: how good each is and what it does now.',
  })
  @ApiOkResponse({ type: ModelsAnswer, description: 'As this process sees it at this moment.' })
  @ApiProblems(COMMON_PROBLEMS)
  list(): Promise<ModelsAnswer> {
    return this.listing.list();
  }

  @Get(':version')
  @RouteConfig(PREDICT)
  @ApiOperation({
    operationId: 'getModelCard',
    summary: 'The card of a version: data, parameters and evaluation.',
  })
  @ApiParam({ name: 'version', example: '20260101-120000-3fa1c2d4' })
  @ApiOkResponse({
    description:
      'As it was written when the model was trained, but for training rows and the values of rows that dominate.',
    schema: { type: 'object', additionalProperties: true, properties: cardProperties },
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
