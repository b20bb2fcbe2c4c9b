import type { KeyKind, PredictionCache } from '@adscale/cache';
import { defaultSchema, type CtrModel, Registry } from '@adscale/ctr';
import type { ServiceStats } from '@adscale/stats';
import type { Logger } from 'pino';
import { ModelAdmin } from './admin.js';
import { ModelListing } from './listing.js';
import { ModelFollower } from './follower.js';
import { ModelLoader } from './loader.js';
import { ModelLog } from './model-log.js';
import { PointerFollower } from './pointer.js';
import { RolloutFile } from './rollout.js';
import { type Answer, ServedModel } from './served-model.js';
import { TrialFollower } from './trials.js';

/** Where the models of this process come from, and what is made of them. */
export interface ModelLifeOptions {
  readonly folder: string;
  /** Milliseconds between looks at the folder; 0 never looks but at the start. */
  readonly pollMs: number;
  readonly cache: PredictionCache<Answer>;
  readonly stats: ServiceStats;
  readonly key: KeyKind;
}

/** The models of this process, from the registry folder to whoever answers with them. */
export interface ModelLife {
  readonly served: ServedModel;
  readonly pointer: PointerFollower;
  readonly follower: ModelFollower;
  readonly listing: ModelListing;
  readonly admin: ModelAdmin;
}

/**
 * Loads the current model and sets up everything that follows the registry from then on. The
 * features of this first model are those of the routes; without one they are the default schema's.
 */
export async function startModelLife(
  { folder, pollMs, cache, stats, key }: ModelLifeOptions,
  logger: Logger,
): Promise<ModelLife> {
  const registry = new Registry(folder);
  const rollouts = new RolloutFile(folder);
  const loader = new ModelLoader(registry);
  const first = await loadFirst(registry, loader, logger);
  const served = new ServedModel(first?.schema ?? defaultSchema, cache, stats, key);
  loader.expect(served.schema);
  if (first !== undefined) served.replace(first);
  const log = new ModelLog(served, logger);
  const pointer = new PointerFollower(registry, loader, served, log);
  const follower = new ModelFollower(
    pointer,
    new TrialFollower(rollouts, loader, served, log),
    pollMs,
  );
  return {
    served,
    pointer,
    follower,
    listing: new ModelListing(registry, loader, served),
    admin: new ModelAdmin(registry, rollouts, loader, follower),
  };
}

/**
 * The registry's current model, or undefined when there is none or it cannot be loaded; then the
 * log has the reason, and the service starts without a model.
 */
async function loadFirst(
  registry: Registry,
  loader: ModelLoader,
  logger: Logger,
): Promise<CtrModel | undefined> {
  try {
    const version = await registry.current();
    if (version !== undefined) return await loader.load(version);
    logger.warn('no model in the registry yet: predictions answer 503 until one is trained');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    logger.error({ reason }, 'model refused: predictions answer 503 until one can be loaded');
  }
  return undefined;
}
