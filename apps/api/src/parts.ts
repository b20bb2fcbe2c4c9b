import { PredictionCache } from '@adscale/cache';
import { ServiceStats } from '@adscale/stats';
import cluster from 'node:cluster';
import type { Logger } from 'pino';
import { Colleagues } from './cluster/colleagues.js';
import type { Config } from './config.js';
import { PredictDetails } from './explain/details.js';
import { Explanations } from './explain/explanations.js';
import { type ModelLife, startModelLife } from './model/life.js';
import type { Answer } from './model/served-model.js';
import { Admission } from './overload/admission.js';
import { EventLoopLag } from './overload/event-loop-lag.js';
import { Predictor } from './predict/predictor.js';
import { linkReplicas } from './replicas/link.js';
import { dtoFromSchema } from './predict/request-dto.js';
import { RecordPipe } from './predict/validation.js';
import type { Gatekeepers } from './security/gate.js';
import { RateLimiter } from './security/rate-limit.js';
import { ServiceFigures } from './stats/service-figures.js';

/** What the service is made of, before there is a route to it. */
export interface Parts extends ModelLife {
  readonly config: Config;
  readonly cache: PredictionCache<Answer>;
  readonly stats: ServiceStats;
  readonly pipe: RecordPipe;
  readonly predictor: Predictor;
  readonly explanations: Explanations;
  readonly details: PredictDetails;
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
  });
  const stats = new ServiceStats();
  const { modelDir: folder, modelPollMs: pollMs } = config;
  const life = await startModelLife({ folder, pollMs, cache, stats }, logger);
  const { schema } = life.served;
  const explanations = new Explanations();
  const lag = new EventLoopLag();
  const gatekeepers = gatekeepersOf(config, stats, lag);
  const figures = new ServiceFigures({ stats, cache, lag, admission: gatekeepers.admission });
  if (cluster.isWorker) figures.include(new Colleagues(figures));
  const { valkeyUrl } = config;
  const { limiter } = gatekeepers;
  const unlink = valkeyUrl && (await linkReplicas(valkeyUrl, { figures, limiter }, logger));
  return {
    config,
    ...life,
    cache,
    stats,
    pipe: new RecordPipe(schema, dtoFromSchema(schema)),
    predictor: new Predictor(stats, schema.features.length),
    explanations,
    details: new PredictDetails(explanations),
    gatekeepers,
    figures,
    close: async () => {
      lag.stop();
      if (unlink) await unlink();
    },
  };
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
