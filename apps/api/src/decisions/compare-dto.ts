import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { AnsweredDto, IntervalDto, aLevel, aProbability, aRecord, outside } from './shared-dto.js';

/** The body of `POST /compare`. */
export class CompareRequest {
  @ApiProperty(aRecord)
  a!: object;

  @ApiProperty(aRecord)
  b!: object;

  @ApiPropertyOptional(aLevel)
  level?: number;

  @ApiPropertyOptional({
    ...aProbability,
    default: 0.05,
    description: 'Of the live test: chance of a false alarm.',
  })
  significance?: number;

  @ApiPropertyOptional({
    ...aProbability,
    default: 0.8,
    description: 'Of the live test: chance to see it.',
  })
  power?: number;
}

class Compared {
  @ApiProperty({ example: 0.0847 })
  predicted_ctr!: number;

  @ApiProperty()
  interval!: IntervalDto;

  @ApiProperty(outside)
  extrapolated!: readonly string[];
}

class EffectDto {
  @ApiProperty({ description: 'Clicks per impression, B less A.', example: -0.0051 })
  difference!: number;

  @ApiProperty()
  interval!: IntervalDto;

  @ApiProperty({ example: 0.02 })
  chance_above_zero!: number;
}

class RelativeUplift {
  @ApiProperty({ description: "B's CTR over A's, less 1.", example: -0.06 })
  value!: number;

  @ApiProperty()
  interval!: IntervalDto;
}

class Part {
  @ApiProperty({ example: 'device_type' })
  feature!: string;

  @ApiProperty({ example: -0.0051 })
  difference!: number;
}

class LiveTest {
  @ApiProperty({ type: 'integer', example: 42_000 })
  impressions_per_arm!: number;

  @ApiProperty({ type: 'integer', description: 'With the correction for continuity.' })
  impressions_per_arm_corrected!: number;

  @ApiProperty({ example: 0.05 })
  significance!: number;

  @ApiProperty({ example: 0.8 })
  power!: number;

  @ApiProperty({ description: 'The difference that the test is sized for.', example: -0.06 })
  for_relative_uplift!: number;
}

/** What `POST /compare` answers. */
export class CompareAnswer extends AnsweredDto {
  @ApiProperty({ example: 0.9 })
  level!: number;

  @ApiProperty()
  a!: Compared;

  @ApiProperty()
  b!: Compared;

  @ApiProperty()
  uplift!: EffectDto;

  @ApiProperty()
  relative_uplift!: RelativeUplift;

  @ApiProperty({ example: 0.02 })
  chance_b_better!: number;

  @ApiProperty({ description: 'The part that is not of impressions and budget.' })
  placement_effect!: EffectDto;

  @ApiProperty({ description: 'The part of impressions and budget.' })
  volume_effect!: EffectDto;

  @ApiProperty({ type: [Part], description: 'Of every feature that differs; they add up.' })
  parts!: readonly Part[];

  @ApiPropertyOptional({ description: 'Absent where the model sees no difference.' })
  live_test?: LiveTest;

  @ApiProperty({ type: [String], example: [] })
  warnings!: readonly string[];
}
