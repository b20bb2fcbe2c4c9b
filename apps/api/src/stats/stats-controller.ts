import { Controller, Get, Header, Sse } from '@nestjs/common';
import {
  ApiExtraModels,
  ApiOkResponse,
  ApiOperation,
  ApiProduces,
  ApiTags,
  getSchemaPath,
} from '@nestjs/swagger';
import { RouteConfig } from '@nestjs/platform-fastify';
import { type Observable, concatMap, map, takeWhile, timer } from 'rxjs';
import { Readiness } from '../health/readiness.js';
import { ServedModel } from '../model/served-model.js';
import { ApiProblems } from '../problem/api-problems.js';
import { PREDICT } from '../security/scopes.js';
import { statsAnswer } from './stats-answer.js';
import { StatsAnswer, WindowAnswer } from './stats-dto.js';
import { ServiceFigures } from './figures.js';

/** Time between two events: often enough to watch, seldom enough to cost nothing. */
const STREAM_MS = 1000;

/** Tells what the service has done so far. */
@ApiTags('Operation')
@ApiExtraModels(WindowAnswer)
@Controller('stats')
export class StatsController {
  constructor(
    private readonly figures: ServiceFigures,
    private readonly served: ServedModel,
    private readonly readiness: Readiness,
  ) {}

  @Get()
  @RouteConfig(PREDICT)
  @Header('cache-control', 'no-store')
  @ApiOperation({ summary: 'Requests, predictions, cache, models and latency of the service.' })
  @ApiOkResponse({ type: StatsAnswer, description: 'The figures at this moment.' })
  @ApiProblems(['API_KEY_REQUIRED', 'SCOPE_MISSING'])
  async read(): Promise<StatsAnswer> {
    const modelVersion = this.served.current?.model.version ?? null;
    return statsAnswer(await this.figures.all(), { modelVersion });
  }

  @Sse('stream')
  @RouteConfig(PREDICT)
  @ApiOperation({ summary: 'The same every second, as server-sent events.' })
  @ApiProduces('text/event-stream')
  @ApiOkResponse({
    description: 'An event a second, until the client leaves.',
    content: { 'text/event-stream': { schema: { $ref: getSchemaPath(StatsAnswer) } } },
  })
  @ApiProblems(['API_KEY_REQUIRED', 'SCOPE_MISSING'])
  stream(): Observable<{ data: StatsAnswer }> {
    return timer(0, STREAM_MS).pipe(
      // Otherwise the stream would hold up the end of the process.
      takeWhile(() => !this.readiness.draining),
      concatMap(() => this.read()),
      map((data) => ({ data })),
    );
  }
}
