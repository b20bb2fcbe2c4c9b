import { PredictionCache, ValkeyTier } from '@adscale/cache';
import { type CtrModel, Registry, defaultSchema } from '@adscale/ctr';
import type { ExplainedPrediction } from '@adscale/forest';
import { ServiceStats } from '@adscale/stats';
import cluster from 'node:cluster';
import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import { Colleagues } from './cluster/colleagues.js';
import type { Config } from './config.js';
import type { Dashboard } from './dashboard/dashboard.js';
import { Explanations, explanationCodec } from './explain/explanations.js';
import { PredictionDetails } from './explain/prediction-details.js';
import { countDroppedLines } from './logging/logger.js';
import { openLoop } from './loop.js';
import { findFirst } from './model/first-model.js';
import { type FollowerOptions, ModelFollower } from './model/follower.js';
import { ModelLoader } from './model/loader.js';
import { type Answer, ServedModel } from './model/served-model.js';
import { Admission } from './overload/admission.js';
import { EventLoopLag } from './overload/event-loop-lag.js';
import { WorkPool } from './pool/pool.js';
import { Predictions } from './predict/predictions.js';
import { shareLimits } from './replicas/limits.js';
import { linkReplicas } from './replicas/link.js';
import type { Gatekeepers } from './security/gate.js';
import { LeasedLimiter } from './security/leases.js';
import { RateLimiter } from './security/rate-limit.js';
import { ServiceFigures } from './stats/figures.js';
import { registryMetric } from './stats/metrics.js';
import type { Trace } from './telemetry/trace.js';
import type { Training } from './training/training.js';

/** The bytes of a kept answer with its text and tag, about; they hardly differ. */
const ANSWER_BYTES = 240;
const YEAR_MS = 31_536_000_000;

/** What an app is given by the process that it runs in. */
export interface AppOptions {
  /** Counts what the app does. Default: its own. */
  readonly stats?: ServiceStats;
  /** What replicas know the process's machine by. Default: a name of its own. */
  readonly machine?: string;
  /** The first model; its features are those of the routes. Default: the registry's current one. */
  readonly first?: CtrModel;
  /** What to do about a first model with other features than the routes; refused if left out. */
  readonly onOtherFeatures?: FollowerOptions['onOtherFeatures'];
  /** Called when the app closes. Resolves when the requests under way are answered. */
  readonly drain?: () => Promise<void>;
  /** The page that it serves. Default: none. */
  readonly dashboard?: Dashboard;
  /** Trains on files; undefined where that is off. Whoever made it starts and ends it. */
  readonly training?: Training;
  /** Records the requests it answers as spans. Default: nothing does. */
  readonly trace?: Trace;
}

/** The parts of an app that exist before Nest does, because its routes and hooks are made from them. */
export type Parts = Awaited<ReturnType<typeof createParts>>;

/** Makes the parts in the order in which they need each other, the first model among them. */
export async function createParts(config: Config, logger: Logger, options: AppOptions) {
  const { stats = new ServiceStats(), machine = randomUUID(), onOtherFeatures } = options;
  const cache = new PredictionCache<Answer>({
    entries: config.cacheEntries,
    ttlMs: config.cacheTtlSeconds * 1000,
    bytes: config.cacheBytes,
    sizeOf: () => ANSWER_BYTES,
  });
  const registry = new Registry(config.modelDir);
  const loader = new ModelLoader(registry);
  const colleagues = cluster.isWorker ? new Colleagues() : undefined;
  const source = { registry, loader, agreement: colleagues };
  const first = await findFirst(source, logger, options.first);
  const schema = first.model?.schema ?? first.schema ?? defaultSchema;
  const served = new ServedModel(schema, cache, stats, config.cacheKey);
  if (first.model !== undefined) {
    served.replace(first.model);
    colleagues?.serves(first.model);
  }
  const following = {
    pollMs: config.modelPollMs,
    // Features that the colleagues have settled stay, also while no model can be loaded.
    onOtherFeatures: first.schema === undefined ? onOtherFeatures : undefined,
    onServed: colleagues && ((model: CtrModel) => colleagues.serves(model)),
  };
  const follower = new ModelFollower({ registry, loader, served }, logger, following);
  const predictions = new Predictions(stats);
  countDroppedLines(logger, stats.counter('log_lines_dropped'));
  const tier = await connectTier(config, logger);
  const pool = createPool(config, served, stats, logger);
  const loop = openLoop({ config, logger, stats, registry, loader, served, follower, pool });
  loop.parts.metrics.include(() => [registryMetric(follower.isReadable)]);
  const explanations = new Explanations(pool, tier);
  const details = new PredictionDetails(explanations);
  const lag = new EventLoopLag();
  const { maxInFlight: inFlight, maxLagMs: lagMs, maxInFlightBytes: bytes } = config;
  const admission = new Admission({ inFlight, lagMs, bytes }, lag);
  const limiter = colleagues
    ? new LeasedLimiter(config.rateLimitPerMinute, config.workers, colleagues)
    : new RateLimiter(config.rateLimitPerMinute);
  const gatekeepers: Gatekeepers = {
    admission,
    limiter,
    keys: config.apiKeys,
    shed: stats.counter('requests_shed'),
    limited: stats.counter('requests_rate_limited'),
  };
  const figures = new ServiceFigures({
    ...{ stats, cache, explanations, admission, lag, pool, served },
  });
  if (colleagues) figures.include(colleagues);
  if (limiter instanceof LeasedLimiter) colleagues?.join(figures, limiter);
  const { valkeyUrl: url } = config;
  const unlink = url && (await linkReplicas({ url, machine }, figures, logger));
  // The limits of workers are their primary's to share.
  const isSharing = url && config.rateLimitPerMinute > 0 && limiter instanceof RateLimiter;
  const endSharing = isSharing && (await shareLimits(url, limiter, logger));
  /** Stops timers, ends threads and connections. */
  const close = async () => {
    lag.stop();
    colleagues?.stop();
    if (unlink) await unlink();
    if (endSharing) await endSharing();
    await Promise.all([loop.close(), pool.close(), tier?.close()]);
  };
  return {
    ...{ config, stats, registry, loader, served, follower, predictions, explanations },
    ...{
      details,
      gatekeepers,
      figures,
      pool,
      close,
      dashboard: options.dashboard,
      training: options.training,
    },
    ...loop.parts,
  };
}

/** Where decisions and explanations are found. */
function createPool(
  config: Config,
  served: ServedModel,
  stats: ServiceStats,
  logger: Logger,
): WorkPool {
  const { decisionThreads: threads, decisionQueue: queue, workers } = config;
  return new WorkPool({ threads, queue, workers }, () => served.models(), {
    refused: stats.counter('tasks_refused'),
    dropped: stats.counter('tasks_dropped'),
    stopped: stats.counter('tasks_stopped'),
    ended: stats.counter('tasks_ended'),
    logger,
  });
}

/** Where replicas share what is costly to find; undefined without Valkey. */
async function connectTier(
  { valkeyUrl: url, cacheTtlSeconds }: Config,
  logger: Logger,
): Promise<ValkeyTier<ExplainedPrediction> | undefined> {
  if (url === '') return undefined;
  return ValkeyTier.connect({
    url,
    ttlMs: cacheTtlSeconds === 0 ? YEAR_MS : cacheTtlSeconds * 1000,
    codec: explanationCodec,
    prefix: 'adscale:explanation:',
    log: (reason) => logger.warn({ reason }, 'second cache tier'),
  });
}
