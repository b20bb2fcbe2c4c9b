import { ServiceStats } from '@adscale/stats';
import { type DynamicModule, Module, type Provider, type Type } from '@nestjs/common';
import { batchController } from './batch/batch-controller.js';
import { OpenStreams } from './batch/open-streams.js';
import { streamController } from './batch/stream-controller.js';
import { decisionsController } from './decisions/decisions-controller.js';
import { HomeController } from './docs/home.js';
import { explainController } from './explain/explain-controller.js';
import { Explanations } from './explain/explanations.js';
import { HealthController } from './health/health-controller.js';
import { Readiness } from './health/readiness.js';
import { inferController } from './inference/infer-controller.js';
import { inferenceStatusController } from './inference/status-controller.js';
import { MetricsController } from './metrics/metrics-controller.js';
import { ModelAdminController } from './model/admin-controller.js';
import { ModelAdmin } from './model/admin.js';
import { ModelController } from './model/listing-controller.js';
import { ModelFollower } from './model/follower.js';
import { ModelListing } from './model/listing.js';
import { PointerFollower } from './model/pointer.js';
import { ServedModel } from './model/served-model.js';
import type { Parts } from './parts.js';
import { predictController } from './predict/predict-controller.js';
import { Predictions } from './predict/predictions.js';
import { StatsController } from './stats/stats-controller.js';
import { ServiceFigures } from './stats/service-figures.js';

/** The routes, and what they need. A function, because the routes follow from a model's schema. */
export function appModule(parts: Parts): DynamicModule {
  const { config, served } = parts;
  return {
    module: AppModule,
    controllers: [
      HomeController,
      predictController(parts),
      batchController(served, config),
      streamController(served, config),
      explainController(served),
      decisionsController(served),
      ModelController,
      ModelAdminController,
      StatsController,
      MetricsController,
      HealthController,
      inferenceStatusController(config),
      inferController(served, config),
    ],
    providers: [
      Readiness,
      // Half of what the process waits for requests to end: then each can still say so.
      given(OpenStreams, new OpenStreams(config.requestTimeoutMs / 2)),
      given(Predictions, parts.predictions),
      given(Explanations, parts.explanations),
      given(ServiceStats, parts.stats),
      given(ServiceFigures, parts.figures),
      given(ServedModel, served),
      given(PointerFollower, parts.pointer),
      given(ModelFollower, parts.follower),
      given(ModelListing, parts.listing),
      given(ModelAdmin, parts.admin),
    ],
  };
}

/** A part that is there already. */
function given<T>(provide: Type<T>, useValue: T): Provider {
  return { provide, useValue };
}

@Module({})
class AppModule {}
