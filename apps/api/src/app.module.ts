import { PredictionCache } from '@adscale/cache';
import { ServiceStats } from '@adscale/stats';
import { type DynamicModule, Module } from '@nestjs/common';
import { HomeController } from './docs/home.js';
import { HealthController } from './health/controller.js';
import { Readiness } from './health/readiness.js';
import { ModelFollower } from './model/follower.js';
import { type Answer, ServedModel } from './model/served-model.js';
import { predictController } from './predict/controller.js';
import { Predictor } from './predict/predictor.js';
import { StatsController } from './stats/controller.js';

/** What the service is made of; made by `createApp`, as all of it depends on the configuration. */
export interface Parts {
  readonly cache: PredictionCache<Answer>;
  readonly stats: ServiceStats;
  readonly served: ServedModel;
  readonly follower: ModelFollower;
}

/** The routes, and what they need. A function, because the routes follow from a model's schema. */
export function appModule({ cache, stats, served, follower }: Parts): DynamicModule {
  return {
    module: AppModule,
    controllers: [
      HomeController,
      predictController(served.schema),
      StatsController,
      HealthController,
    ],
    providers: [
      Predictor,
      Readiness,
      { provide: PredictionCache, useValue: cache },
      { provide: ServiceStats, useValue: stats },
      { provide: ServedModel, useValue: served },
      { provide: ModelFollower, useValue: follower },
    ],
  };
}

@Module({})
class AppModule {}
