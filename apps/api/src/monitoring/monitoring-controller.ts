import {
  type BeforeApplicationShutdown,
  Controller,
  Get,
  Header,
  Query,
  Res,
} from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import {
  ApiExtraModels,
  ApiOkResponse,
  ApiOperation,
  ApiProduces,
  ApiTags,
  getSchemaPath,
} from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { ApiProblems } from '../problem/api-problems.js';
import type { ProblemCode } from '../problem/catalogue.js';
import { ProblemError } from '../problem/problem.js';
import { refuseQuery } from '../record/query.js';
import { PREDICT } from '../security/scopes.js';
import { effectivenessAnswer, historyAnswer, monitoringAnswer, segmentsAnswer } from './answers.js';
import { HistoryAnswer } from './calibration-dto.js';
import { ChangeAnswer, EffectivenessAnswer } from './effectiveness-dto.js';
import { MonitoringFeed } from './feed.js';
import { Monitoring } from './monitoring.js';
import { MonitoringAnswer } from './monitoring-dto.js';
import { ApiQuestion } from './question.js';
import { SegmentsAnswer } from './segments-dto.js';

/** Route configuration: answered with events. */
const EVENTS = { events: true } as const;
const STORE: readonly ProblemCode[] = ['OUTCOMES_OFF', 'OUTCOMES_UNAVAILABLE', 'OVERLOADED'];
const PROBLEMS: readonly ProblemCode[] = ['INVALID_QUERY', 'MODEL_VERSION_UNKNOWN', ...STORE];

/** Tells what came of the predictions. */
@ApiTags('Monitoring')
@ApiExtraModels(ChangeAnswer, MonitoringAnswer)
@Controller('monitoring')
export class MonitoringController implements BeforeApplicationShutdown {
  constructor(
    private readonly monitoring: Monitoring,
    private readonly feed: MonitoringFeed,
  ) {}

  beforeApplicationShutdown(): void {
    this.feed.close();
  }

  @Get()
  @RouteConfig(PREDICT)
  @Header('cache-control', 'no-store')
  @ApiOperation({
    operationId: 'getMonitoring',
    summary: 'What came of the predictions: observed against predicted, what is off, and alerts.',
  })
  @ApiQuestion()
  @ApiOkResponse({ type: MonitoringAnswer, description: 'What is known now.' })
  @ApiProblems(PROBLEMS)
  async overall(@Query() query: unknown): Promise<MonitoringAnswer> {
    const { monitoring } = this;
    const made = await monitoring.report('monitoring', monitoring.question(query));
    return monitoringAnswer(made, await monitoring.seen());
  }

  @Get('segments')
  @RouteConfig(PREDICT)
  @Header('cache-control', 'no-store')
  @ApiOperation({
    operationId: 'getMonitoredSegments',
    summary: 'Every part of the traffic: which are off, because of which, and what that costs.',
  })
  @ApiQuestion()
  @ApiOkResponse({ type: SegmentsAnswer, description: 'Of one version of the model.' })
  @ApiProblems(PROBLEMS)
  async segments(@Query() query: unknown): Promise<SegmentsAnswer> {
    const { monitoring } = this;
    return segmentsAnswer(await monitoring.report('monitoring', monitoring.question(query)));
  }

  @Get('effectiveness')
  @RouteConfig(PREDICT)
  @Header('cache-control', 'no-store')
  @ApiOperation({
    operationId: 'getEffectiveness',
    summary: 'CTR, clicks, spend and CPC by campaign, placement and day, against the forecast.',
  })
  @ApiQuestion()
  @ApiOkResponse({ type: EffectivenessAnswer, description: 'Best, worst, and what changed.' })
  @ApiProblems(PROBLEMS)
  async effectiveness(@Query() query: unknown): Promise<EffectivenessAnswer> {
    const { monitoring } = this;
    const options = monitoring.question(query);
    return effectivenessAnswer(await monitoring.report('effectiveness', options));
  }

  @Get('history')
  @RouteConfig(PREDICT)
  @Header('cache-control', 'no-store')
  @ApiOperation({
    operationId: 'getMonitoringHistory',
    summary: 'Observed against predicted, day by day.',
  })
  @ApiQuestion()
  @ApiOkResponse({ type: HistoryAnswer, description: 'Days with outcomes, in order.' })
  @ApiProblems(PROBLEMS)
  async history(@Query() query: unknown): Promise<HistoryAnswer> {
    const { monitoring } = this;
    return historyAnswer(await monitoring.report('monitoring', monitoring.question(query)));
  }

  @Get('stream')
  @RouteConfig({ ...PREDICT, ...EVENTS })
  @ApiOperation({
    operationId: 'streamMonitoring',
    summary: 'What GET /monitoring tells, whenever it changes, as server-sent events.',
  })
  @ApiProduces('text/event-stream')
  @ApiOkResponse({
    description: 'An event at once, and one a change, until the client leaves.',
    content: { 'text/event-stream': { schema: { $ref: getSchemaPath(MonitoringAnswer) } } },
  })
  @ApiProblems(['INVALID_QUERY', ...STORE])
  async stream(@Query() query: unknown, @Res() reply: FastifyReply): Promise<void> {
    refuseQuery(query);
    if (!this.feed.hasRoom) {
      const detail = 'MAX_EVENT_STREAMS clients watch already. Ask GET /monitoring.';
      throw new ProblemError('OVERLOADED', { detail, headers: { 'retry-after': '1' } });
    }
    // Where there are no outcomes, that is said before events begin.
    await this.monitoring.seen();
    reply.hijack();
    this.feed.join(reply.raw, reply.getHeaders());
  }
}
