import { Controller, Get, Header, Req, type Type } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import type { Config } from '../config.js';
import { keyOf, scopesOf } from '../security/gate.js';
import { SCOPES, type Scope } from '../security/scopes.js';
import type { Dashboard } from './dashboard.js';

class WhoamiAnswer {
  @ApiProperty({ type: 'boolean', example: true, description: 'Whether callers need a key.' })
  keys_needed!: boolean;

  @ApiProperty({
    type: 'string',
    nullable: true,
    example: 'ops',
    description: 'Name of the key that came with the request; null without one that is known.',
  })
  key!: string | null;

  @ApiProperty({
    enum: SCOPES,
    isArray: true,
    example: ['predict', 'admin'],
    description: 'What the caller may do.',
  })
  scopes!: Scope[];

  @ApiProperty({
    type: 'boolean',
    example: false,
    description: 'Whether files can be sent to /training, and trained on.',
  })
  trainer!: boolean;

  @ApiProperty({
    type: 'string',
    nullable: true,
    example: '0.1.0',
    description: 'Version of the dashboard that is served; null where there is none.',
  })
  dashboard!: string | null;
}

/** Makes the controller that tells callers what they may do, so that a page need not try. */
export function whoamiController({
  config: { apiKeys, trainer },
  dashboard,
}: {
  readonly config: Pick<Config, 'apiKeys' | 'trainer'>;
  readonly dashboard: Dashboard | undefined;
}): Type<unknown> {
  @ApiTags('Operation')
  @Controller('whoami')
  class WhoamiController {
    @Get()
    @Header('cache-control', 'no-store')
    @ApiOperation({ operationId: 'whoAmI', summary: 'What may this caller do?' })
    @ApiOkResponse({ type: WhoamiAnswer, description: 'Also to callers whose key is not known.' })
    whoami(@Req() { headers }: FastifyRequest): WhoamiAnswer {
      const key = keyOf(apiKeys, headers);
      return {
        keys_needed: apiKeys.length > 0,
        key: key?.name ?? null,
        scopes: scopesOf(apiKeys, key),
        trainer,
        dashboard: dashboard?.version ?? null,
      };
    }
  }

  return WhoamiController;
}
