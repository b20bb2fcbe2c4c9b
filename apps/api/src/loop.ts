import type { Registry } from '@adscale/ctr';
import type { ServiceStats } from '@adscale/stats';
import type { Logger } from 'pino';
import type { Config } from './config.js';
import { openDecisionLog } from './decision-log/open-decision-log.js';
import { Experiments } from './experiments/experiments.js';
import { PredictionIds } from './ids/prediction-ids.js';
import { ModelChanges } from './model/changes.js';
import type { ModelFollower } from './model/follower.js';
import type { ModelLoader } from './model/loader.js';
import type { ServedModel } from './model/served-model.js';
import { Monitoring } from './monitoring/monitoring.js';
import { Maturity } from './outcomes/maturity.js';
import { ModelBook } from './outcomes/model-book.js';
import { openOutcomes } from './outcomes/open-outcomes.js';
import { signIds } from './outcomes/sign-ids.js';
import type { WorkPool } from './pool/pool.js';
import { MetricSources } from './stats/metric-sources.js';
import { openStore } from './storage/open.js';
import { TrialDesk } from './trial/desk.js';
import { trialMetrics } from './trial/gauges.js';
import { openTrials } from './trial/open-trials.js';

/** What serves, and where its models come from. */
export interface Serving {
  readonly config: Config;
  readonly logger: Logger;
  readonly stats: ServiceStats;
  readonly registry: Registry;
  readonly loader: ModelLoader;
  readonly served: ServedModel;
  readonly follower: ModelFollower;
  readonly pool: WorkPool;
}

/**
 * Makes the parts that learn what came of what was served, in the order in which they need each other:
 *
 * ```
 * answers, with ids ──▶ outcomes ──▶ store ──▶ monitoring, alerts
 * decisions ──────────▶ decision log ──┤
 * experiments ─────────────────────────┤
 * canary ◀── steward of its trial ◀────┘
 * ```
 */
export function openLoop(serving: Serving) {
  const { config, logger, stats, registry, loader, served, follower, pool } = serving;
  const { outcomesUrl: url, outcomesMaxBytes, modelPollMs: pollMs } = config;
  const now = Date.now;
  const store = url === 'off' ? undefined : openStore(url, logger, outcomesMaxBytes);
  const book = new ModelBook(served, loader, store, logger);
  const ids = new PredictionIds((model) => book.keep(model));
  if (config.predictionKey !== '') ids.use(config.predictionKey);
  else if (store !== undefined) signIds(ids, store, logger);
  const changes = new ModelChanges();
  const trialling = { registry, follower, loader, served, changes, logger, pollMs };
  const trials = store && openTrials(store, trialling);
  const sources = { ids, book, logger, now, onCommitted: trials?.steward.nudge };
  const { outcomes, upkeep } = openOutcomes(store, config, sources);
  const monitoring = new Monitoring({ config, store, served, logger });
  const metrics = new MetricSources();
  metrics.include(() => trialMetrics(trials?.steward.latest));
  metrics.include(() => monitoring.metrics());
  const { decisionLog, judgement } = openDecisionLog(store, config, stats, logger, {
    ...{ loader, served, pool, now },
    maturity: store && new Maturity(store, now),
  });
  const experiments = new Experiments({ store, served, now });
  /** Writes what waits and ends threads; after that, nothing can be asked. */
  const close = async () => {
    await trials?.steward.stop();
    await upkeep?.stop();
    await decisionLog?.flush();
    await monitoring.close();
    await store?.close();
  };
  return {
    parts: {
      ...{ store, book, ids, outcomes, monitoring, metrics, changes },
      ...{ decisionLog, judgement, experiments },
      ...{ trials: new TrialDesk(trials), steward: trials?.steward },
    },
    close,
  };
}
