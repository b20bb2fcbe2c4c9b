import {
  applyDecorators,
  Body,
  Controller,
  Get,
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
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiQuery,
  ApiTags,
  getSchemaPath,
} from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { versionHeader } from '../model/models-dto.js';
import { ApiProblems } from '../problem/api-problems.js';
import type { ProblemCode } from '../problem/catalogue.js';
import { REQUEST_NAME } from '../record/record-dto.js';
import { exampleRequests } from '../record/record-examples.js';
import type { RouteRules } from '../record/route-rules.js';
import { REPORT_HEADERS } from '../security/headers.js';
import { OUTCOMES, PREDICT } from '../security/scopes.js';
import {
  BackgroundAnswer,
  ColumnsAnswer,
  WordsAnswer,
  backgroundAnswer,
  columnsAnswer,
} from './inside-dto.js';
import { type VersionParts, Versions } from './versions.js';
import { readWordQuery } from './word-query.js';
import { WordSearch } from './words.js';

const ANY: readonly ProblemCode[] = [
  'MODEL_VERSION_UNKNOWN',
  'MODEL_NOT_LOADED',
  'REGISTRY_UNAVAILABLE',
];
const LOADED: readonly ProblemCode[] = [...ANY, 'VERSION_NOT_LOADED'];

type ByVersion = FastifyRequest<{ Params: { version: string } }>;

/** Sends a file of a version by the frame alone: Nest has no part in streams. */
type Send = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>;

/** What is said of all routes below a version. */
function Inside(summary: string, problems: readonly ProblemCode[]): MethodDecorator {
  const description = 'A version that GET /models lists, or `current`.';
  return applyDecorators(
    ApiOperation({ summary }),
    ApiParam({ name: 'version', description, example: 'current' }),
    ApiProblems(problems),
  );
}

/** Makes the controller of what is inside a version: what it takes to show it, and to run it elsewhere. */
export function insideController(parts: VersionParts): Type<unknown> {
  const versions = new Versions(parts);
  const words = new WordSearch();
  const examples = Object.entries(exampleRequests(parts.served.schema)).map(
    ([name, value]) => [name, { value }] as const,
  );
  const sendModel: Send = (request, reply) =>
    versions.sendModel((request as ByVersion).params.version, request, reply);
  const sendReport: Send = (request, reply) => {
    for (const [name, value] of REPORT_HEADERS) void reply.header(name, value);
    return versions.sendReport((request as ByVersion).params.version, request, reply);
  };
  const direct = (direct: Send): RouteRules => ({ direct });

  @ApiTags('Models')
  @Controller('models/:version')
  class InsideController {
    @Get('file')
    @RouteConfig({ ...PREDICT, ...direct(sendModel) })
    @Inside('The model file of a version, for @adscale/forest to read.', ANY)
    @ApiOkResponse({
      description: 'As the trainer wrote it; the etag is its SHA-256.',
      headers: { etag: { schema: { type: 'string' } }, ...versionHeader },
      content: { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } },
    })
    getModelFile(
      @Req() request: FastifyRequest,
      @Res() reply: FastifyReply,
    ): Promise<FastifyReply> {
      return sendModel(request, reply);
    }

    @Get('report')
    @RouteConfig({ ...PREDICT, ...direct(sendReport) })
    @Inside('The report of a version, a page without scripts.', [...ANY, 'NO_REPORT'])
    @ApiOkResponse({
      description: 'As the trainer wrote it.',
      headers: versionHeader,
      content: { 'text/html': { schema: { type: 'string' } } },
    })
    getModelReport(
      @Req() request: FastifyRequest,
      @Res() reply: FastifyReply,
    ): Promise<FastifyReply> {
      return sendReport(request, reply);
    }

    @Get('words')
    @RouteConfig(PREDICT)
    @Inside('Search the words that a model knows.', [...LOADED, 'INVALID_QUERY'])
    @ApiQuery({ name: 'feature', type: String, description: 'Whose words.', example: 'keyword' })
    @ApiQuery({
      ...{ name: 'search', type: String, required: false, example: 'shoe' },
      description: 'A part of the word, in any case; without it, the commonest words.',
    })
    @ApiQuery({
      ...{ name: 'limit', required: false, example: 20 },
      schema: { type: 'integer', minimum: 1, maximum: 100 },
      description: 'Most words to find. Default: 20.',
    })
    @ApiOkResponse({ type: WordsAnswer, description: 'Found.' })
    async searchWords(
      @Param('version') version: string,
      @Query() query: unknown,
      @Req() { raw }: FastifyRequest,
    ): Promise<WordsAnswer> {
      const model = await versions.loaded(version);
      const asked = readWordQuery(query, words.featuresOf(model));
      const isGone = () => raw.socket.destroyed;
      const found = await words.find(model, asked, isGone);
      return { version: model.version, feature: asked.feature, ...found };
    }

    @Post('columns')
    @HttpCode(200)
    @RouteConfig(PREDICT)
    @Inside('A record as the columns that the forest is asked by.', [...LOADED, 'INVALID_RECORD'])
    @ApiBody({
      required: true,
      schema: { $ref: getSchemaPath(REQUEST_NAME) },
      examples: Object.fromEntries(examples),
    })
    @ApiOkResponse({
      type: ColumnsAnswer,
      description: 'Not a prediction, and not counted as one.',
    })
    async getColumns(
      @Param('version') version: string,
      @Body() record: unknown,
    ): Promise<ColumnsAnswer> {
      return columnsAnswer(await versions.loaded(version), record);
    }

    @Get('background')
    // These are rows of the training data: who may read outcomes may read them.
    @RouteConfig(OUTCOMES)
    @Inside('The training rows that explanations compare with.', LOADED)
    @ApiOkResponse({ type: BackgroundAnswer, description: 'As columns of the forest.' })
    async getBackground(@Param('version') version: string): Promise<BackgroundAnswer> {
      return backgroundAnswer(await versions.loaded(version));
    }
  }

  return InsideController;
}
