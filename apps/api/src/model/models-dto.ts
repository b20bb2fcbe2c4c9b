import type { ModelCard } from '@adscale/ctr';
import { ApiProperty, type ApiResponseOptions } from '@nestjs/swagger';
import type { Trial } from './rollout.js';

const VERSION = '20260101-120000-3fa1c2d4';
const OLDER = '20251224-090000-77aa01be';

class TrialAnswer {
  @ApiProperty({ type: 'string', example: VERSION })
  version!: string;

  @ApiProperty({ type: 'number', example: 5, description: 'Share of the requests, in per cent.' })
  percent!: number;
}

class MetricsAnswer {
  @ApiProperty({ type: 'integer', example: 2000, description: 'Rows that judged the model.' })
  rows!: number;

  @ApiProperty({ type: 'number', example: 0.93, description: 'R², rows weighted by impressions.' })
  r2!: number;

  @ApiProperty({
    type: 'number',
    example: 0.91,
    description: 'Below 1 is better than the average.',
  })
  normalised_entropy!: number;

  @ApiProperty({ type: 'number', example: 1.002, description: 'Predicted over observed clicks.' })
  calibration_ratio!: number;
}

/** One version, as `GET /models` lists it. */
export class VersionAnswer {
  @ApiProperty({ type: 'string', example: VERSION })
  version!: string;

  @ApiProperty({ type: 'string', nullable: true, example: '2026-01-01T12:00:00.000Z' })
  created_at!: string | null;

  @ApiProperty({
    type: 'string',
    nullable: true,
    example: '3fa1c2d4e5f60718293a4b5c6d7e8f90123456789abcdef0123456789abcdef0',
    description: 'SHA-256 of the model file; null until it is loaded here.',
  })
  digest!: string | null;

  @ApiProperty({ type: MetricsAnswer, nullable: true, description: 'On rows that no tree saw.' })
  metrics!: MetricsAnswer | null;

  @ApiProperty({ type: 'boolean', example: true, description: 'In memory here, ready to answer.' })
  loaded!: boolean;

  @ApiProperty({
    type: 'string',
    enum: ['current', 'canary', 'shadow'],
    isArray: true,
    example: ['current'],
    description: 'What it does here now.',
  })
  roles!: string[];

  @ApiProperty({
    type: 'string',
    nullable: true,
    example: null,
    description: 'Why it was refused when it was last to be served; null when it was not.',
  })
  refused!: string | null;
}

/** What is served and tried now; what every change of it answers. */
export class RolloutAnswer {
  @ApiProperty({
    type: 'string',
    nullable: true,
    example: VERSION,
    description: 'The version that answers here; null when none is loaded.',
  })
  serving!: string | null;

  @ApiProperty({
    type: 'string',
    nullable: true,
    example: VERSION,
    description:
      'The version that the registry wants served: another one than `serving` if refused.',
  })
  current!: string | null;

  @ApiProperty({
    type: 'string',
    nullable: true,
    example: OLDER,
    description: 'The version that `POST /models/rollback` goes back to.',
  })
  previous!: string | null;

  @ApiProperty({ type: TrialAnswer, nullable: true, description: 'Answers its share of requests.' })
  canary!: Trial | null;

  @ApiProperty({ type: TrialAnswer, nullable: true, description: 'Is compared with the answers.' })
  shadow!: Trial | null;
}

/** What `GET /models` answers. */
export class ModelsAnswer extends RolloutAnswer {
  @ApiProperty({ type: [VersionAnswer], description: 'Newest first.' })
  versions!: VersionAnswer[];
}

/** Four decimals, as in the card's own table; null where the card says nothing. */
export function metricsOf({ held_out: judged }: Partial<ModelCard>): MetricsAnswer | null {
  if (judged?.observed === undefined) return null;
  const { rows, observed, normalised_entropy, calibration_ratio } = judged;
  return { rows, r2: observed.weighted_r2, normalised_entropy, calibration_ratio };
}

/** Documents the header that names the model of an answer. */
export const versionHeader: ApiResponseOptions['headers'] = {
  'x-model-version': {
    description: 'Version of the model that answered.',
    schema: { type: 'string' },
  },
};
