import { Controller, Get, Header } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiOkResponse, ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import { ServedModel } from '../model/served-model.js';
import { ApiProblems } from '../problem/api-problems.js';
import { PREDICT } from '../security/scopes.js';
import { ServiceFigures } from '../stats/service-figures.js';
import { METRICS_TYPE, exposition } from './exposition.js';

/** Answers Prometheus, which asks now and then: only then are metrics made of the counts. */
@ApiTags('Operation')
@Controller('metrics')
export class MetricsController {
  constructor(
    private readonly figures: ServiceFigures,
    private readonly served: ServedModel,
  ) {}

  @Get()
  @RouteConfig(PREDICT)
  @Header('content-type', METRICS_TYPE)
  @ApiOperation({ summary: 'The figures of the service for Prometheus.' })
  @ApiProduces('text/plain')
  @ApiOkResponse({
    description: 'Metrics in the text format.',
    content: { 'text/plain': { schema: { type: 'string' } } },
  })
  @ApiProblems(['API_KEY_REQUIRED', 'SCOPE_MISSING'])
  async read(): Promise<string> {
    return exposition(await this.figures.all(), this.served.current?.model.version ?? null);
  }
}
