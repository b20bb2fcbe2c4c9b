import { Readable } from 'node:stream';
import type { RecordSchema } from '@adscale/ctr';
import {
  Controller,
  Get,
  Header,
  HttpCode,
  Post,
  Query,
  Req,
  Res,
  type Type,
} from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import {
  ApiBody,
  ApiConsumes,
  ApiExtraModels,
  ApiOkResponse,
  ApiOperation,
  ApiProduces,
  ApiQuery,
  ApiTags,
  getSchemaPath,
} from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { readBatch } from '../batch/batch.js';
import { LineCutter } from '../batch/lines.js';
import { OpenStreams, superviseConnection } from '../batch/open-streams.js';
import type { Config } from '../config.js';
import { COUNTED } from '../logging/request-hooks.js';
import { ApiProblems } from '../problem/api-problems.js';
import { type Parameter, checkOrder, readQuery, refuseQuery } from '../record/query.js';
import { LINE_TYPES, type RouteRules } from '../record/route-rules.js';
import { roomFor } from '../security/gate.js';
import { OUTCOMES } from '../security/scopes.js';
import { dayOf, daysBefore } from './days.js';
import { isDay } from './period.js';
import { Outcomes } from './outcomes.js';
import {
  EXAMPLE_LINES,
  exampleOutcomes,
  OutcomeFields,
  OutcomeSummaryAnswer,
  ReceiptAnswer,
} from './outcomes-dto.js';

const day: Parameter<string> = {
  rule: 'a day such as 2026-03-01',
  parse: (text) => (isDay(text) ? text : undefined),
};
const truth: Parameter<boolean> = {
  rule: 'true or false',
  parse: (text) => (text === 'true' || text === 'false' ? text === 'true' : undefined),
};

const UNAVAILABLE = ['OUTCOMES_OFF', 'OUTCOMES_UNAVAILABLE'] as const;
const LINES = LINE_TYPES[0];

/** Makes the controller of what comes back. */
export function outcomesController(config: Config, schema: RecordSchema): Type<unknown> {
  const { bodyLimitBytes, batchLimit, batchBodyLimitBytes, requestTimeoutMs: idleMs } = config;
  const yesterday = daysBefore(dayOf(Date.now()), 1);
  const rules: RouteRules = { lines: 'too', bodyLimit: batchBodyLimitBytes };

  @ApiTags('Outcomes')
  @ApiExtraModels(OutcomeFields)
  @Controller('outcomes')
  class OutcomesController {
    constructor(
      private readonly outcomes: Outcomes,
      private readonly streams: OpenStreams,
    ) {}

    @Post()
    @HttpCode(200)
    @RouteConfig({ ...COUNTED, ...OUTCOMES, ...rules })
    @ApiOperation({
      operationId: 'tellOutcomes',
      summary: 'Tell what came of predictions, or of placements as a platform reports them.',
      description:
        `An array of up to ${batchLimit}, one object, or any number as lines of JSON. What is answered ` +
        'is committed. The same may be sent again, and newer figures of the same: nothing is counted twice.',
    })
    @ApiQuery({
      name: 'check',
      required: false,
      schema: { type: 'boolean' },
      description: 'Tells what would become of them, and keeps none.',
    })
    @ApiConsumes('application/json', ...LINE_TYPES)
    @ApiBody({
      required: true,
      schema: {
        type: 'array',
        items: { $ref: getSchemaPath(OutcomeFields) },
        maxItems: batchLimit,
      },
      examples: exampleOutcomes(schema, yesterday),
    })
    @ApiOkResponse({ type: ReceiptAnswer, description: 'Kept, all but those that are refused.' })
    @ApiProblems([
      ...UNAVAILABLE,
      'INVALID_OUTCOMES',
      'INVALID_BATCH',
      'BATCH_TOO_LARGE',
      'INVALID_QUERY',
    ])
    async tell(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
      const { check } = readQuery<{ check: boolean }>(request.query, { check: truth });
      const { body } = request;
      if (!(body instanceof Readable)) {
        const isOne = typeof body === 'object' && body !== null && !Array.isArray(body);
        const items = isOne
          ? [body]
          : readBatch(body, batchLimit, 'an outcome or an array of outcomes');
        return void reply.send(await this.outcomes.take(items, check));
      }
      const cutter = new LineCutter(bodyLimitBytes, roomFor(reply));
      const { stream, answer } = this.outcomes.lines(body, cutter, check);
      superviseConnection(request, reply, stream, { streams: this.streams, idleMs });
      void reply.send(await answer());
    }

    @Get()
    @RouteConfig({ ...COUNTED, ...OUTCOMES })
    @ApiOperation({
      operationId: 'readOutcomes',
      summary: 'Outcomes counted by day and cell, as lines of JSON.',
      description:
        'A cell is a record whose numbers are rounded to two significant digits. The last line says that it is the last.',
    })
    @ApiQuery({
      name: 'from',
      required: false,
      schema: { type: 'string', format: 'date' },
      description: 'First day. Default: 30 days before the last.',
    })
    @ApiQuery({
      name: 'to',
      required: false,
      schema: { type: 'string', format: 'date' },
      description: 'Last day. Default: today.',
    })
    @ApiQuery({
      name: 'mature',
      required: false,
      schema: { type: 'boolean' },
      description:
        'Leaves out days whose clicks may still lack 2 %, as far as restatements have shown, and today.',
    })
    @ApiProduces(LINES)
    @ApiOkResponse({
      description: 'A cell a line, and a last line.',
      content: { [LINES]: { schema: { type: 'string' }, example: EXAMPLE_LINES } },
    })
    @ApiProblems([...UNAVAILABLE, 'INVALID_QUERY'])
    async read(@Query() query: unknown, @Res() reply: FastifyReply): Promise<void> {
      const asked = readQuery<{ from: string; to: string; mature: boolean }>(query, {
        from: day,
        to: day,
        mature: truth,
      });
      checkOrder(asked, dayOf(Date.now()));
      const lines = Readable.from(await this.outcomes.read(asked), { objectMode: false });
      void reply.type(`${LINES}; charset=utf-8`).header('cache-control', 'no-store').send(lines);
    }

    @Get('summary')
    @RouteConfig(OUTCOMES)
    @Header('cache-control', 'no-store')
    @ApiOperation({
      operationId: 'summariseOutcomes',
      summary: 'How many outcomes there are, and how well the store is.',
    })
    @ApiOkResponse({ type: OutcomeSummaryAnswer, description: 'At this moment.' })
    @ApiProblems([...UNAVAILABLE, 'INVALID_QUERY'])
    async summary(@Query() query: unknown): Promise<OutcomeSummaryAnswer> {
      refuseQuery(query);
      return this.outcomes.summary();
    }
  }

  return OutcomesController;
}
