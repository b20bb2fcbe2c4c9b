import {
  type BeforeApplicationShutdown,
  Body,
  Controller,
  Delete,
  Get,
  Header,
  HttpCode,
  Param,
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
  ApiParam,
  ApiProduces,
  ApiQuery,
  ApiTags,
  getSchemaPath,
} from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { OpenStreams } from '../batch/open-streams.js';
import type { Config } from '../config.js';
import { ApiProblems } from '../problem/api-problems.js';
import { type Parameter, readQuery, refuseQuery } from '../record/query.js';
import { ADMIN } from '../security/scopes.js';
import { isName } from './options.js';
import { TrainingDesk } from './desk.js';
import {
  FileAnswer,
  FilesAnswer,
  JOB_ID,
  jobExamples,
  JobRequest,
  JobsAnswer,
  ToldJobAnswer,
} from './training-dto.js';
import { receive, UPLOAD } from './upload-body.js';

/** Route configuration: answered with events. */
const EVENTS = { events: true } as const;
const LONGEST_NAME = 255;
const fileName: Parameter<string> = {
  rule: `a name of 1 to ${LONGEST_NAME} letters, without controls`,
  parse: (text) => (isName(text, LONGEST_NAME) ? text : undefined),
};
const aFile = { name: 'id', description: 'Of the file.', example: 'mfz1k2p0-3fa1c2d4e5f6' };
const aJob = { name: 'id', description: 'Of the job.', example: JOB_ID };

/** Makes the controller of files to learn from and of the jobs that do. */
export function trainingController({ requestTimeoutMs: idleMs }: Config): Type<unknown> {
  @ApiTags('Training')
  @ApiExtraModels(ToldJobAnswer)
  @Controller('training')
  class TrainingController implements BeforeApplicationShutdown {
    constructor(
      private readonly desk: TrainingDesk,
      private readonly streams: OpenStreams,
    ) {}

    beforeApplicationShutdown(): void {
      this.desk.closeFeeds();
    }

    @Post('files')
    @HttpCode(200)
    @RouteConfig({ ...ADMIN, ...UPLOAD })
    @ApiOperation({
      operationId: 'uploadFile',
      summary: 'Send a file to learn from.',
      description:
        'The body is the file, whatever its type is called: CSV, Parquet, NDJSON or a workbook, packed by gzip or not. What is cut off leaves nothing.',
    })
    @ApiQuery({
      name: 'name',
      schema: { type: 'string', minLength: 1, maxLength: LONGEST_NAME },
      description: 'What to call it.',
      example: 'campaigns.csv',
    })
    @ApiConsumes('application/octet-stream')
    @ApiBody({ required: true, schema: { type: 'string', format: 'binary' } })
    @ApiOkResponse({ type: FileAnswer, description: 'Kept.' })
    @ApiProblems([
      ...(['TRAINER_OFF', 'INVALID_QUERY', 'UPLOAD_TOO_LARGE', 'UPLOAD_REFUSED'] as const),
      'UPLOADS_FULL',
    ])
    async upload(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
      const training = this.desk.training;
      const { name } = readQuery<{ name: string }>(request.query, { name: fileName });
      if (name === undefined) readQuery({ name: '' }, { name: fileName });
      const { streams } = this;
      const file = await receive(request, reply, { streams, idleMs }, (source) =>
        training.take(name!, source),
      );
      if (file !== undefined) void reply.send(file);
    }

    @Get('files')
    @RouteConfig(ADMIN)
    @Header('cache-control', 'no-store')
    @ApiOperation({ operationId: 'listFiles', summary: 'Files to learn from, and room for more.' })
    @ApiOkResponse({ type: FilesAnswer, description: 'All of them.' })
    @ApiProblems(['TRAINER_OFF', 'INVALID_QUERY'])
    files(@Query() query: unknown): Promise<FilesAnswer> {
      refuseQuery(query);
      return this.desk.training.files();
    }

    @Delete('files/:id')
    @RouteConfig({ ...ADMIN, optionalBody: true })
    @ApiOperation({ operationId: 'deleteFile', summary: 'Delete a file.' })
    @ApiParam(aFile)
    @ApiOkResponse({ type: FilesAnswer, description: 'Deleted: what is left.' })
    @ApiProblems(['TRAINER_OFF', 'FILE_UNKNOWN', 'FILE_IN_USE'])
    async deleteFile(@Param('id') id: string): Promise<FilesAnswer> {
      await this.desk.training.removeFile(id);
      return this.desk.training.files();
    }

    @Post('jobs')
    @HttpCode(200)
    @RouteConfig(ADMIN)
    @ApiOperation({
      operationId: 'startJob',
      summary: 'Look at a file, or train a model on it.',
      description:
        'One job runs at a time, others wait. A model that is trained becomes a version under /models, and serves only when it is promoted.',
    })
    @ApiBody({ type: JobRequest, examples: jobExamples })
    @ApiOkResponse({ type: ToldJobAnswer, description: 'It waits, or runs.' })
    @ApiProblems([
      ...(['TRAINER_OFF', 'INVALID_TRAINING', 'FILE_UNKNOWN'] as const),
      ...(['TRAINING_QUEUE_FULL', 'UPLOADS_FULL'] as const),
    ])
    start(@Body() body: unknown): Promise<ToldJobAnswer> {
      return this.desk.training.add(body);
    }

    @Get('jobs')
    @RouteConfig(ADMIN)
    @Header('cache-control', 'no-store')
    @ApiOperation({ operationId: 'listJobs', summary: 'The last jobs.' })
    @ApiOkResponse({ type: JobsAnswer, description: 'Without their results.' })
    @ApiProblems(['TRAINER_OFF', 'INVALID_QUERY'])
    async jobs(@Query() query: unknown): Promise<JobsAnswer> {
      refuseQuery(query);
      return { jobs: (await this.desk.training.list()) as JobsAnswer['jobs'] };
    }

    @Get('jobs/:id')
    @RouteConfig(ADMIN)
    @Header('cache-control', 'no-store')
    @ApiOperation({ operationId: 'readJob', summary: 'A job, and what came of it.' })
    @ApiParam(aJob)
    @ApiOkResponse({ type: ToldJobAnswer, description: 'At this moment.' })
    @ApiProblems(['TRAINER_OFF', 'JOB_UNKNOWN'])
    job(@Param('id') id: string): Promise<ToldJobAnswer> {
      return this.desk.training.job(id);
    }

    @Get('jobs/:id/stream')
    @RouteConfig({ ...ADMIN, ...EVENTS })
    @ApiOperation({
      operationId: 'streamJob',
      summary: 'The same whenever it changes, as server-sent events, until the job is over.',
    })
    @ApiParam(aJob)
    @ApiProduces('text/event-stream')
    @ApiOkResponse({
      description: 'An event for each change, once a second at most. The last one is final.',
      content: { 'text/event-stream': { schema: { $ref: getSchemaPath(ToldJobAnswer) } } },
    })
    @ApiProblems(['TRAINER_OFF', 'JOB_UNKNOWN', 'OVERLOADED'])
    async stream(@Param('id') id: string, @Res() reply: FastifyReply): Promise<void> {
      await this.desk.watch(id, reply);
    }

    @Delete('jobs/:id')
    @HttpCode(200)
    @RouteConfig({ ...ADMIN, optionalBody: true })
    @ApiOperation({
      operationId: 'cancelJob',
      summary: 'Have a job end. What is over stays what it is.',
    })
    @ApiParam(aJob)
    @ApiOkResponse({ type: ToldJobAnswer, description: 'It ends, or has ended.' })
    @ApiProblems(['TRAINER_OFF', 'JOB_UNKNOWN'])
    cancel(@Param('id') id: string): Promise<ToldJobAnswer> {
      return this.desk.training.cancel(id);
    }
  }

  return TrainingController;
}
