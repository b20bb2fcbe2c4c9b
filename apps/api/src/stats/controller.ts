import { PredictionCache } from '@adscale/cache';
import { ServiceStats } from '@adscale/stats';
import { Controller, Get } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { type Answer, ServedModel } from '../model/served-model.js';
import { StatsAnswer, statsAnswer } from './answer.js';

/** Tells what the service has done so far. */
@ApiTags('Operation')
@Controller('stats')
export class StatsController {
  constructor(
    private readonly stats: ServiceStats,
    private readonly cache: PredictionCache<Answer>,
    private readonly served: ServedModel,
  ) {}

  @Get()
  @ApiOperation({ summary: 'Requests, predictions, cache and latency since the start.' })
  @ApiOkResponse({ type: StatsAnswer, description: 'The figures at this moment.' })
  read(): StatsAnswer {
    const snapshot = this.stats.snapshot(this.cache.figures());
    return statsAnswer(snapshot, this.served.current?.model.version ?? null);
  }
}
