import { Readable } from 'node:stream';
import { ServiceStats } from '@adscale/stats';
import { Controller, HttpCode, Logger, Post, Req, Res, type Type } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiBody, ApiConsumes, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Config } from '../config.js';
import { ApiIdsQuery, wantsIds } from '../ids/ids-query.js';
import { PredictionIds } from '../ids/prediction-ids.js';
import { COUNTED } from '../logging/request-hooks.js';
import { ServedModel } from '../model/served-model.js';
import { PREDICTION_PROBLEMS, type ProblemCode } from '../problem/catalogue.js';
import { ApiProblems } from '../problem/api-problems.js';
import { ProblemError } from '../problem/problem.js';
import { roomFor } from '../security/gate.js';
import { PREDICT } from '../security/scopes.js';
import { type RouteRules, LINE_TYPES } from '../record/route-rules.js';
import { linesAnswer, linesBody } from './batch-documentation.js';
import { LineStream } from './line-stream.js';
import { LineCutter } from './lines.js';
import { OpenStreams, superviseConnection } from './open-streams.js';
import { RecordAnswers } from './record-answers.js';

const problems: readonly ProblemCode[] = [
  ...PREDICTION_PROBLEMS.filter((code) => code !== 'INVALID_RECORD'),
  'INVALID_QUERY',
];

/** Makes the controller of the stream route for the schema that `served` has. */
export function streamController(
  { schema }: ServedModel,
  { bodyLimitBytes, requestTimeoutMs }: Config,
): Type<unknown> {
  const rules: RouteRules = { lines: true };

  @ApiTags('Prediction')
  @Controller()
  class StreamController {
    private readonly logger = new Logger('StreamController');

    constructor(
      private readonly served: ServedModel,
      private readonly stats: ServiceStats,
      private readonly streams: OpenStreams,
      private readonly ids: PredictionIds,
    ) {}

    @Post('predict_ctr/stream')
    @HttpCode(200)
    @RouteConfig({ ...COUNTED, ...PREDICT, ...rules })
    @ApiOperation({
      operationId: 'predictStream',
      summary: 'Predict for any number of placements, line by line.',
      description:
        'A record a line in, an outcome a line out, in order and while they come; read while you ' +
        'send. Empty lines are left out. A line that cannot be answered is answered with its ' +
        'error and number. One model answers the whole stream.',
    })
    @ApiIdsQuery()
    @ApiConsumes(...LINE_TYPES)
    @ApiBody(linesBody(schema))
    @ApiOkResponse(linesAnswer)
    @ApiProblems(problems)
    predict(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
      const named = wantsIds(request.query);
      const source = request.body;
      if (!(source instanceof Readable)) {
        const detail = `Send lines of JSON with the header content-type: ${LINE_TYPES[0]}.`;
        throw new ProblemError('UNSUPPORTED_MEDIA_TYPE', { detail });
      }
      const serving = this.served.current;
      if (serving === undefined) throw new ProblemError('MODEL_NOT_LOADED');
      const answers = new RecordAnswers(serving, this.stats, named ? this.ids : undefined);
      const stream = new LineStream(
        source,
        new LineCutter(bodyLimitBytes, roomFor(reply)),
        answers,
      );
      superviseConnection(request, reply, stream, {
        streams: this.streams,
        idleMs: requestTimeoutMs,
      });
      void reply
        .header('x-model-version', serving.model.version)
        .type(`${LINE_TYPES[0]}; charset=utf-8`)
        .send(Readable.from(this.untilGone(request, stream), { objectMode: false }));
    }

    /**
     * The stream's text. It ends when the client hangs up. A problem is the answer, if nothing was
     * answered yet; any other error is the service's fault.
     */
    private async *untilGone(request: FastifyRequest, stream: LineStream): AsyncGenerator<string> {
      try {
        yield* stream.text();
      } catch (error) {
        if (request.raw.destroyed && !request.raw.complete) return;
        if (error instanceof ProblemError) throw error;
        this.logger.error(error);
        throw error;
      }
    }
  }

  return StreamController;
}
