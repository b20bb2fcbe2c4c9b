import {
  type StatsSnapshot,
  averageCtr,
  hitRate,
  latencyQuantile,
  uptimeSeconds,
} from '@adscale/stats';
import { ApiProperty } from '@nestjs/swagger';

class CacheAnswer {
  @ApiProperty({ type: 'integer', example: 960 })
  hits!: number;

  @ApiProperty({ type: 'integer', example: 40 })
  misses!: number;

  @ApiProperty({ type: 'number', example: 0.96, description: 'hits / (hits + misses), or 0.' })
  hit_rate!: number;

  @ApiProperty({ type: 'integer', example: 40, description: 'Answers held now.' })
  size!: number;
}

class LatencyAnswer {
  @ApiProperty({ type: 'number', example: 0.21, description: 'Half of the requests took no more.' })
  p50!: number;

  @ApiProperty({ type: 'number', example: 0.9, description: '99 % of the requests took no more.' })
  p99!: number;
}

/** What `GET /stats` answers. */
export class StatsAnswer {
  @ApiProperty({
    type: 'integer',
    example: 1003,
    description: 'Requests to POST /predict_ctr since the start, whatever their answer.',
  })
  requests!: number;

  @ApiProperty({ type: 'integer', example: 1000, description: 'Predictions given.' })
  predictions!: number;

  @ApiProperty({
    type: 'number',
    nullable: true,
    example: 0.0312,
    description: 'Mean of the predicted CTRs; null before the first.',
  })
  average_predicted_ctr!: number | null;

  @ApiProperty()
  cache!: CacheAnswer;

  @ApiProperty({
    description: 'Milliseconds that requests to POST /predict_ctr took here, within 1 %.',
  })
  latency_ms!: LatencyAnswer;

  @ApiProperty({ type: 'number', example: 62.5 })
  uptime_seconds!: number;

  @ApiProperty({
    type: 'string',
    nullable: true,
    example: '20260101-120000-3fa1c2d4',
    description: 'Version of the model that answers now; null when none is loaded.',
  })
  model_version!: string | null;
}

/** The answer for one snapshot: shares to six decimals, milliseconds to three. */
export function statsAnswer(snapshot: StatsSnapshot, modelVersion: string | null): StatsAnswer {
  const { requests, predictions, cache } = snapshot;
  const average = averageCtr(snapshot);
  return {
    requests,
    predictions,
    average_predicted_ctr: average === null ? null : rounded(average, 6),
    cache: {
      hits: cache.hits,
      misses: cache.misses,
      hit_rate: rounded(hitRate(cache), 6),
      size: cache.size,
    },
    latency_ms: {
      p50: rounded(latencyQuantile(snapshot, 0.5), 3),
      p99: rounded(latencyQuantile(snapshot, 0.99), 3),
    },
    uptime_seconds: rounded(uptimeSeconds(snapshot), 3),
    model_version: modelVersion,
  };
}

function rounded(value: number, decimals: number): number {
  return Number(value.toFixed(decimals));
}
