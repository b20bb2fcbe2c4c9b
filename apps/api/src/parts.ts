import { PredictionCache, ValkeyTier } from '@adscale/cache';
import type { ExplainedPrediction } from '@adscale/forest';
import { ServiceStats } from '@adscale/stats';
import cluster from 'node:cluster';
import type { Logger } from 'pino';
import { Colleagues } from './cluster/colleagues.js';
import type { Config } from './config.js';
import { PredictionDetails } from './explain/prediction-details.js';
import { Explanations, explanationCodec } from './explain/explanations.js';
import { type ModelLife, startModelLife } from './model/life.js';
import type { Answer } from './model/served-model.js';
import { Admission } from './overload/admission.js';
import { EventLoopLag } from './overload/event-loop-lag.js';
import { Predictions } from './predict/predictions.js';
import { linkReplicas } from './replicas/link.js';
import type { Gatekeepers } from './security/gate.js';
import { RateLimiter } from './security/rate-limit.js';
import { ServiceFigures } from './stats/service-figures.js';

/** An answer with its text and tag, about; they hardly differ. */
const ANSWER_BYTES = 240;
const YEAR_MS = 31_536_000_000;

/** What the service is made of, before there is a route to it. */
export interface Parts extends ModelLife {
  readonly config: Config;
  readonly cache: PredictionCache<Answer>;
  readonly stats: ServiceStats;
  readonly predictions: Predictions;
  readonly explanations: Explanations;
  readonly details: PredictionDetails;
  readonly gatekeepers: Gatekeepers;
  readonly figures: ServiceFigures;
  /** Lets go of timers and connections. */
  readonly close: () => Promise<void>;
}

/** Makes the parts, and waits for the first model. */
export async function createParts(config: Config, logger: Logger): Promise<Parts> {
  const cache = new PredictionCache<Answer>({
    entries: config.cacheEntries,
    ttlMs: config.cacheTtlSeconds * 1000,
    bytes: config.cacheBytes,
    sizeOf: () => ANSWER_BYTES,
  });
  const stats = new ServiceStats();
  const { modelDir: folder, modelPollMs: pollMs } = config;
  const life = await startModelLife({ folder, pollMs, cache, stats, key: config.cacheKey }, logger);
  const tier = await secondTier(config, logger);
  const explanations = new Explanations(tier);
  const lag = new EventLoopLag();
  const gatekeepers = gatekeepersOf(config, stats, lag);
  const figures = new ServiceFigures({
    stats,
    cache,
    explanations,
    lag,
    admission: gatekeepers.admission,
  });
  if (cluster.isWorker) figures.include(new Colleagues(figures));
  const { valkeyUrl } = config;
  const { limiter } = gatekeepers;
  const unlink = valkeyUrl && (await linkReplicas(valkeyUrl, { figures, limiter }, logger));
  return {
    config,
    ...life,
    cache,
    stats,
    predictions: new Predictions(stats),
    explanations,
    details: new PredictionDetails(explanations),
    gatekeepers,
    figures,
    close: async () => {
      lag.stop();
      if (unlink) await unlink();
      await tier?.close();
    },
  };
}

/** Where replicas share what is costly to find; undefined without Valkey. */
async function secondTier(
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

function gatekeepersOf(config: Config, stats: ServiceStats, lag: EventLoopLag): Gatekeepers {
  return {
    admission: new Admission({ inFlight: config.maxInFlight, lagMs: config.maxLagMs }, lag),
    limiter: new RateLimiter(config.rateLimitPerMinute),
    keys: config.apiKeys,
    shed: stats.counter('requests_shed'),
    limited: stats.counter('requests_rate_limited'),
  };
}
