import { MAX_SCHEDULE } from '@adscale/decisions';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import {
  AnsweredDto,
  IntervalDto,
  PriceDto,
  aCurrency,
  aLevel,
  aRecord,
  anId,
  outside,
} from './shared-dto.js';

class ScheduledPlacement {
  @ApiPropertyOptional(anId)
  id?: string;

  @ApiProperty(aRecord)
  record!: object;

  @ApiPropertyOptional({ type: 'integer', minimum: 1, description: "The record's own if absent." })
  impressions?: number;

  @ApiPropertyOptional()
  cost?: PriceDto;
}

/** The body of `POST /forecast`. */
export class ForecastRequest {
  @ApiProperty({ type: [ScheduledPlacement], minItems: 1, maxItems: MAX_SCHEDULE })
  schedule!: ScheduledPlacement[];

  @ApiPropertyOptional(aLevel)
  level?: number;

  @ApiPropertyOptional(aCurrency)
  currency?: string;
}

class CostDto extends IntervalDto {
  @ApiProperty({ example: 169.4 })
  expected!: number;
}

class ForecastLine {
  @ApiProperty({ example: 'typical' })
  id!: string;

  @ApiProperty({ type: 'integer', example: 5000 })
  impressions!: number;

  @ApiProperty({ example: 0.0847 })
  predicted_ctr!: number;

  @ApiProperty({ description: 'Holds the CTR that will be observed.' })
  observed_ctr!: IntervalDto;

  @ApiProperty({ example: 423.5 })
  expected_clicks!: number;

  @ApiProperty({ description: 'Holds the clicks, click noise included.' })
  clicks!: IntervalDto;

  @ApiPropertyOptional()
  cost?: CostDto;

  @ApiProperty(outside)
  extrapolated!: readonly string[];
}

class VarianceDto {
  @ApiProperty({ example: 0.7 })
  click_noise!: number;

  @ApiProperty({ example: 0.3 })
  model_error!: number;
}

class ForecastTotal {
  @ApiProperty({ type: 'integer', example: 15_000 })
  impressions!: number;

  @ApiProperty({ example: 0.0771 })
  expected_ctr!: number;

  @ApiProperty({ example: 1156.2 })
  expected_clicks!: number;

  @ApiProperty({ description: 'Holds the clicks of all; counts error that placements share.' })
  clicks!: IntervalDto;

  @ApiProperty({ description: 'Shares of the variance of the clicks.' })
  variance!: VarianceDto;

  @ApiPropertyOptional({ description: 'Where every placement says what it costs.' })
  cost?: CostDto;

  @ApiPropertyOptional()
  cost_per_click?: number;

  @ApiPropertyOptional()
  cost_per_thousand?: number;
}

/** What `POST /forecast` answers. */
export class ForecastAnswer extends AnsweredDto {
  @ApiProperty({ example: 'USD' })
  currency!: string;

  @ApiProperty({ example: 0.9 })
  level!: number;

  @ApiProperty({ type: [ForecastLine] })
  placements!: readonly ForecastLine[];

  @ApiProperty()
  total!: ForecastTotal;
}
