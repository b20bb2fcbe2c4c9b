import { Controller, Get } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiTags } from '@nestjs/swagger';
import { QUIET } from '../logging/request-hooks.js';
import { ApiProblems } from '../problem/api-problems.js';
import { ProblemError } from '../problem/problem.js';
import { Readiness } from './readiness.js';

class HealthResponse {
  @ApiProperty({ type: 'string', example: 'ok' })
  status!: string;
}

/** Answers the probes of orchestrators and load balancers. */
@ApiTags('Operation')
@Controller('health')
export class HealthController {
  constructor(private readonly readiness: Readiness) {}

  @Get('live')
  @RouteConfig(QUIET)
  @ApiOperation({ operationId: 'getLiveness', summary: 'Is the process up? If not, restart it.' })
  @ApiOkResponse({ type: HealthResponse, description: 'It is.' })
  live(): HealthResponse {
    return { status: 'ok' };
  }

  @Get('ready')
  @RouteConfig(QUIET)
  @ApiOperation({
    operationId: 'getReadiness',
    summary: 'Can it predict? If not, send requests elsewhere.',
  })
  @ApiOkResponse({ type: HealthResponse, description: 'It can.' })
  @ApiProblems(['MODEL_NOT_LOADED', 'SHUTTING_DOWN'])
  ready(): HealthResponse {
    const obstacle = this.readiness.obstacle();
    if (obstacle !== undefined) throw new ProblemError(obstacle);
    return { status: 'ok' };
  }
}
