import { ApiProperty } from '@nestjs/swagger';

const integer = (example: number, description?: string) =>
  ApiProperty({ type: 'integer', example, description });
const decimal = (example: number, description?: string) =>
  ApiProperty({ type: 'number', example, description });
/** Null until something is counted that it can be computed from. */
const perhaps = (example: number, description?: string) =>
  ApiProperty({ type: 'number', nullable: true, example, description });

export class LatencyAnswer {
  @decimal(0.21, 'Half of the requests took no more.')
  p50!: number;

  @decimal(0.9, '99 % of the requests took no more.')
  p99!: number;
}

export class CtrAnswer {
  @perhaps(0.0312)
  mean!: number | null;

  @perhaps(0.0094, 'A tenth of the predictions is no higher; within 1 %.')
  p10!: number | null;

  @perhaps(0.0268)
  p50!: number | null;

  @perhaps(0.0611)
  p90!: number | null;

  @perhaps(0.094)
  p99!: number | null;
}

class SecondTierAnswer {
  @integer(310)
  hits!: number;

  @integer(42)
  misses!: number;

  @integer(42)
  writes!: number;

  @integer(0, 'Not tried: no connection, an open breaker, or too many under way.')
  skipped!: number;

  @integer(0)
  errors!: number;

  @integer(0)
  timeouts!: number;

  @integer(0, 'Processes that have given up on it for now.')
  breakers_open!: number;
}

export class CacheAnswer {
  @integer(960)
  hits!: number;

  @integer(40)
  misses!: number;

  @decimal(0.96, 'hits / (hits + misses), or 0.')
  hit_rate!: number;

  @perhaps(0.66, 'What a key of the whole request could have reached; estimated by a sketch.')
  exact_key_hit_rate!: number | null;

  @perhaps(1.92, 'What the hits would have cost to compute; sampled.')
  saved_ms!: number | null;

  @perhaps(0.11, 'What looking up and keeping cost; sampled.')
  spent_ms!: number | null;

  @integer(40, 'Answers held now.')
  size!: number;

  @integer(9600, 'About what they take.')
  bytes!: number;

  @integer(0)
  evictions!: number;

  @integer(0, 'Answers that were not worth keeping.')
  refused!: number;

  @integer(0)
  expired!: number;

  @ApiProperty({ description: 'The cache that replicas share; all 0 without VALKEY_URL.' })
  second_tier!: SecondTierAnswer;
}

export class WindowAnswer {
  @integer(1003)
  requests!: number;

  @integer(0, 'Answers with status 500 or more.')
  errors!: number;

  @integer(1000)
  predictions!: number;

  @decimal(16.7)
  requests_per_second!: number;

  @decimal(16.6)
  predictions_per_second!: number;

  @ApiProperty()
  latency_ms!: LatencyAnswer;

  @perhaps(0.96)
  hit_rate!: number | null;
}

class RouteAnswer {
  @ApiProperty({ example: 'POST' })
  method!: string;

  @ApiProperty({ example: '/predict_ctr' })
  path!: string;

  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'integer' },
    example: { 200: 1000, 422: 3 },
    description: 'Requests by the status of their answer.',
  })
  statuses!: Record<string, number>;

  @ApiProperty()
  latency_ms!: LatencyAnswer;
}

class ServedAnswer {
  @integer(950)
  predictions!: number;

  @ApiProperty()
  predicted_ctr!: CtrAnswer;
}

class ShadowAnswer extends ServedAnswer {
  @perhaps(0.0004, 'Mean of its prediction less the one that was answered.')
  mean_difference!: number | null;

  @perhaps(0.0011)
  mean_absolute_difference!: number | null;
}

export class ModelAnswer {
  @ApiProperty({ example: '20260101-120000-3fa1c2d4' })
  version!: string;

  @ApiProperty({ description: 'What it answered.' })
  served!: ServedAnswer;

  @ApiProperty({ description: 'What it would have answered as a shadow.' })
  shadow!: ShadowAnswer;
}

class ProcessAnswer {
  @integer(4711)
  pid!: number;

  @ApiProperty({ type: 'string', example: 'api-1', description: 'Name of the machine.' })
  host!: string;

  @ApiProperty({
    type: 'string',
    nullable: true,
    example: '20260101-120000-3fa1c2d4',
    description: 'The version that answers there; null when none is loaded.',
  })
  serving!: string | null;

  @decimal(12.5)
  cpu_seconds!: number;

  @integer(141_000_000)
  resident_bytes!: number;

  @integer(48_000_000)
  heap_bytes!: number;

  @decimal(0.2)
  event_loop_lag_ms!: number;

  @integer(3, 'Requests under way.')
  in_flight!: number;

  @integer(0, 'Bytes of their bodies, of those above 16 KiB.')
  in_flight_bytes!: number;

  @integer(0, 'Decisions and explanations that wait for a thread.')
  tasks_waiting!: number;
}

const byWindow = {
  type: 'object',
  additionalProperties: { $ref: '#/components/schemas/WindowAnswer' },
} as const;

/** What `GET /stats` answers: the whole service, whichever worker or replica is asked. */
export class StatsAnswer {
  @integer(1003, 'Requests for predictions since the start, whatever their answer.')
  requests!: number;

  @integer(0, 'Of these, answered with status 500 or more.')
  errors!: number;

  @integer(1000, 'Predictions given.')
  predictions!: number;

  @perhaps(0.0312, 'Mean of the predicted CTRs.')
  average_predicted_ctr!: number | null;

  @ApiProperty({ description: 'Mean and quantiles of the predicted CTRs.' })
  predicted_ctr!: CtrAnswer;

  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    example: { device_type: { mobile: { predictions: 560, mean: 0.0341 } } },
    description: 'Predictions and their mean by every feature of few values.',
  })
  predicted_ctr_by!: Record<string, Record<string, { predictions: number; mean: number | null }>>;

  @ApiProperty()
  cache!: CacheAnswer;

  @ApiProperty({ description: 'Milliseconds that these requests took here, within 1 %.' })
  latency_ms!: LatencyAnswer;

  @ApiProperty({ ...byWindow, description: 'The last minute, five minutes and hour: 1m, 5m, 1h.' })
  windows!: Record<string, WindowAnswer>;

  @ApiProperty({ type: [RouteAnswer], description: 'Every route that was asked.' })
  routes!: RouteAnswer[];

  @ApiProperty({ type: [ModelAnswer], description: 'The last models, oldest first.' })
  models!: ModelAnswer[];

  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'integer' },
    example: {
      requests_shed: 0,
      requests_rate_limited: 0,
      tasks_refused: 0,
      tasks_dropped: 0,
      tasks_stopped: 0,
      tasks_ended: 0,
      uncaught_errors: 0,
    },
  })
  counters!: Record<string, number>;

  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'integer' },
    example: { keyword: 12 },
    description:
      'By feature of words: predictions whose word the model did not know, or that had none.',
  })
  unknown_words!: Record<string, number>;

  @ApiProperty({ type: [ProcessAnswer], description: 'The processes that serve.' })
  processes!: ProcessAnswer[];

  @decimal(62.5, 'Since the first of them started.')
  uptime_seconds!: number;

  @ApiProperty({
    type: 'string',
    nullable: true,
    example: '20260101-120000-3fa1c2d4',
    description: 'Version of the model that answers now; null when none is loaded.',
  })
  model_version!: string | null;
}
