import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import {
  AnsweredDto,
  IntervalDto,
  PriceDto,
  aCurrency,
  aLevel,
  aRecord,
  money,
  outside,
} from './shared-dto.js';

/** The body of `POST /curve`. */
export class CurveRequest {
  @ApiProperty(aRecord)
  record!: object;

  @ApiPropertyOptional({ enum: ['impressions', 'budget', 'spend'], default: 'impressions' })
  over?: string;

  @ApiProperty(money('Where the curve begins: impressions, or an amount.', 1000))
  from!: number | string;

  @ApiProperty(money('Where it ends.', 20_000))
  to!: number | string;

  @ApiPropertyOptional({ description: 'A CPM; for a curve over spend only.' })
  cost?: PriceDto;

  @ApiPropertyOptional({ enum: ['campaign', 'placement'], default: 'campaign' })
  budget_feature?: string;

  @ApiPropertyOptional(aLevel)
  level?: number;

  @ApiPropertyOptional(aCurrency)
  currency?: string;
}

class StepDto {
  @ApiProperty({ example: 1000 })
  from!: number;

  @ApiProperty({ description: 'Belongs to the step.', example: 2023 })
  to!: number;

  @ApiProperty({ example: 0.0861 })
  predicted_ctr!: number;

  @ApiProperty()
  interval!: IntervalDto;

  @ApiProperty({ description: 'At both ends of the step.' })
  impressions!: IntervalDto;

  @ApiProperty({ description: 'At both ends of the step.' })
  expected_clicks!: IntervalDto;

  @ApiProperty({ description: 'Holds the clicks at the upper end, click noise included.' })
  clicks_at_to!: IntervalDto;

  @ApiProperty({ description: 'Of one more unit of money, or a thousand impressions.' })
  marginal_clicks!: number;

  @ApiPropertyOptional({ description: 'Clicks gained or lost on entering the step.' })
  jump?: number;

  @ApiProperty(outside)
  extrapolated!: readonly string[];
}

/** What `POST /curve` answers. */
export class CurveAnswer extends AnsweredDto {
  @ApiProperty({ enum: ['impressions', 'budget', 'spend'] })
  over!: string;

  @ApiProperty({ example: 'USD' })
  currency!: string;

  @ApiProperty({ example: 0.9 })
  level!: number;

  @ApiProperty({ type: [StepDto], description: "The forest's own steps, without gaps." })
  steps!: readonly StepDto[];
}
