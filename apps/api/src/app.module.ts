import { type DynamicModule, Module } from '@nestjs/common';
import { batchController } from './batch/batch-controller.js';
import { OpenStreams } from './batch/open-streams.js';
import { streamController } from './batch/stream-controller.js';
import { DecisionLogController } from './decision-log/decision-log-controller.js';
import { decisionsController } from './decisions/decisions-controller.js';
import { ExperimentsController } from './experiments/experiments-controller.js';
import { explainController } from './explain/explain-controller.js';
import { HealthController } from './health/health-controller.js';
import { Readiness } from './health/readiness.js';
import { inferController } from './inference/infer-controller.js';
import { Inference } from './inference/inference.js';
import { InferenceStatusController } from './inference/status-controller.js';
import { insideController } from './inside/inside-controller.js';
import { ModelAdmin, ModelAdminController } from './model/admin.js';
import { ModelController, ModelListing, Replicas } from './model/listing.js';
import { outcomesController } from './outcomes/outcomes-controller.js';
import { MonitoringFeed } from './monitoring/feed.js';
import { MonitoringController } from './monitoring/monitoring-controller.js';
import { whoamiController } from './dashboard/whoami-controller.js';
import type { Parts } from './parts.js';
import { predictController } from './predict/predict-controller.js';
import { GATEKEEPERS } from './security/gate.js';
import { TrialController } from './trial/trial-controller.js';
import { TrainingDesk } from './training/desk.js';
import { trainingController } from './training/training-controller.js';
import { EventFeed } from './stats/event-feed.js';
import type { ServiceFigures } from './stats/figures.js';
import { MetricsController } from './stats/metrics.js';
import { statsAnswer } from './stats/stats-answer.js';
import { StatsController } from './stats/stats-controller.js';

@Module({})
class AppModule {}

/** Which process serves what, of the figures that all tell each other. */
function replicasOf(figures: ServiceFigures): Replicas {
  return {
    async serving() {
      const { processes } = await figures.all();
      // Replicas of an earlier release do not tell.
      return processes.map(({ host = '', pid, serving = null }) => ({ host, pid, serving }));
    },
  };
}

/**
 * The routes and what Nest makes for them. A function, because the routes follow from the features
 * of a model. What exists already is provided under its class.
 */
export function appModule(parts: Parts): DynamicModule {
  const { config, served, registry, loader, follower, stats, figures } = parts;
  const { predictions, explanations, gatekeepers, ids, outcomes, judgement, experiments } = parts;
  const { monitoring, metrics, changes, trials, steward } = parts;
  const desk = new TrainingDesk(parts.training, config.maxEventStreams);
  const made = [
    ...[served, registry, loader, follower, stats, figures, predictions, explanations],
    ...[ids, outcomes, judgement, experiments, monitoring, metrics],
    ...[desk, changes, trials, ...(steward ? [steward] : [])],
  ];
  return {
    module: AppModule,
    controllers: [
      predictController(parts),
      batchController(parts),
      streamController(served, config),
      explainController(parts),
      decisionsController(parts),
      outcomesController(config, served.schema),
      DecisionLogController,
      ExperimentsController,
      ModelController,
      insideController(parts),
      ModelAdminController,
      TrialController,
      trainingController(config),
      StatsController,
      MetricsController,
      MonitoringController,
      HealthController,
      whoamiController(parts),
      InferenceStatusController,
      inferController(served, config),
    ],
    providers: [
      ...made.map((part) => ({ provide: part.constructor, useValue: part })),
      Readiness,
      ModelListing,
      ModelAdmin,
      { provide: GATEKEEPERS, useValue: gatekeepers },
      { provide: Replicas, useValue: replicasOf(figures) },
      {
        provide: EventFeed,
        useFactory: (readiness: Readiness) =>
          new EventFeed(async () => {
            if (readiness.draining) return undefined;
            const modelVersion = served.current?.model.version ?? null;
            return JSON.stringify(statsAnswer(await figures.all(), { modelVersion }));
          }, config.maxEventStreams),
        inject: [Readiness],
      },
      {
        provide: MonitoringFeed,
        useFactory: (readiness: Readiness) =>
          new MonitoringFeed(monitoring, () => readiness.draining, config.maxEventStreams),
        inject: [Readiness],
      },
      {
        provide: Inference,
        inject: [Readiness],
        useFactory: (readiness: Readiness) => new Inference(served, stats, readiness, config),
      },
      {
        provide: OpenStreams,
        // Half of what the process waits for requests to end: then each can still say so.
        useFactory: () => new OpenStreams(config.requestTimeoutMs / 2),
      },
    ],
  };
}
