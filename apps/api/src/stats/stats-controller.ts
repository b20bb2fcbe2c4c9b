import { type BeforeApplicationShutdown, Controller, Get, Header, Res } from '@nestjs/common';
import {
  ApiExtraModels,
  ApiOkResponse,
  ApiOperation,
  ApiProduces,
  ApiTags,
  getSchemaPath,
} from '@nestjs/swagger';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply } from 'fastify';
import { ServedModel } from '../model/served-model.js';
import { ApiProblems } from '../problem/api-problems.js';
import { ProblemError } from '../problem/problem.js';
import { PREDICT } from '../security/scopes.js';
import { statsAnswer } from './stats-answer.js';
import { StatsAnswer, WindowAnswer } from './stats-dto.js';
import { EventFeed } from './event-feed.js';
import { ServiceFigures } from './figures.js';

/** Route configuration: answered with events. */
const EVENTS = { events: true } as const;

/** Tells what the service has done so far. */
@ApiTags('Operation')
@ApiExtraModels(WindowAnswer)
@Controller('stats')
export class StatsController implements BeforeApplicationShutdown {
  constructor(
    private readonly figures: ServiceFigures,
    private readonly served: ServedModel,
    private readonly feed: EventFeed,
  ) {}

  beforeApplicationShutdown(): void {
    this.feed.close();
  }

  @Get()
  @RouteConfig(PREDICT)
  @Header('cache-control', 'no-store')
  @ApiOperation({
    operationId: 'getStats',
    summary: 'Requests, predictions, cache, models and latency of the service.',
  })
  @ApiOkResponse({ type: StatsAnswer, description: 'The figures at this moment.' })
  @ApiProblems(['API_KEY_REQUIRED', 'SCOPE_MISSING'])
  async read(): Promise<StatsAnswer> {
    const modelVersion = this.served.current?.model.version ?? null;
    return statsAnswer(await this.figures.all(), { modelVersion });
  }

  @Get('stream')
  @RouteConfig({ ...PREDICT, ...EVENTS })
  @ApiOperation({
    operationId: 'streamStats',
    summary: 'The same every second, as server-sent events.',
  })
  @ApiProduces('text/event-stream')
  @ApiOkResponse({
    description: 'An event a second, until the client leaves.',
    content: { 'text/event-stream': { schema: { $ref: getSchemaPath(StatsAnswer) } } },
  })
  @ApiProblems(['API_KEY_REQUIRED', 'SCOPE_MISSING', 'OVERLOADED'])
  stream(@Res() reply: FastifyReply): void {
    if (!this.feed.hasRoom) {
      const detail = 'MAX_EVENT_STREAMS clients watch already. Ask GET /stats, or another replica.';
      throw new ProblemError('OVERLOADED', { detail, headers: { 'retry-after': '1' } });
    }
    reply.hijack();
    this.feed.join(reply.raw, reply.getHeaders());
  }
}
