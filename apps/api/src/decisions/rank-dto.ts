import { MAX_CANDIDATES } from '@adscale/decisions';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import {
  AnsweredDto,
  IntervalDto,
  aCurrency,
  aLevel,
  aRecord,
  anId,
  money,
  outside,
} from './shared-dto.js';

class Candidate {
  @ApiPropertyOptional(anId)
  id?: string;

  @ApiProperty(aRecord)
  record!: object;

  @ApiPropertyOptional(money('What a click is worth: the bid. One of the three ways to say it.'))
  bid_cpc?: number | string;

  @ApiPropertyOptional(money('What a click is worth.', 0.4))
  value_per_click?: number | string;

  @ApiPropertyOptional(money('What an acquisition may cost; needs conversion_rate.'))
  target_cpa?: number | string;

  @ApiPropertyOptional({ maximum: 1, description: 'Share of clicks that become one.' })
  conversion_rate?: number;

  @ApiPropertyOptional(
    money('Least value of a thousand impressions; that of the request if absent.'),
  )
  floor_ecpm?: number | string;
}

/** The body of `POST /rank`. */
export class RankRequest {
  @ApiProperty({ type: [Candidate], minItems: 1, maxItems: MAX_CANDIDATES })
  candidates!: Candidate[];

  @ApiPropertyOptional(money('Least value of a thousand impressions that is worth winning.', 5))
  floor_ecpm?: number | string;

  @ApiPropertyOptional(aLevel)
  level?: number;

  @ApiPropertyOptional(aCurrency)
  currency?: string;
}

class Ranked {
  @ApiProperty({ type: 'integer', description: '1 is the best.', example: 1 })
  rank!: number;

  @ApiProperty({ example: 'a' })
  id!: string;

  @ApiProperty({ example: 0.0847 })
  predicted_ctr!: number;

  @ApiProperty({ description: '1000 · CTR · value of a click.', example: 33.88 })
  ecpm!: number;

  @ApiProperty()
  ecpm_interval!: IntervalDto;

  @ApiProperty({ description: 'The most a click may cost without an expected loss.', example: 0.4 })
  max_bid_cpc!: number;

  @ApiProperty({ description: 'The same for a thousand impressions.', example: 33.88 })
  max_bid_cpm!: number;

  @ApiProperty({ description: 'Is the eCPM at least the floor?' })
  worth_winning!: boolean;

  @ApiPropertyOptional({ description: 'Chance that the true eCPM is.', example: 0.999 })
  chance_above_floor?: number;

  @ApiPropertyOptional({
    description: "Chance that the true eCPM is above the next one's; absent for the last.",
    example: 0.97,
  })
  chance_above_next?: number;

  @ApiProperty(outside)
  extrapolated!: readonly string[];
}

/** What `POST /rank` answers. */
export class RankAnswer extends AnsweredDto {
  @ApiProperty({ example: 'USD' })
  currency!: string;

  @ApiProperty({ example: 0.9 })
  level!: number;

  @ApiProperty({ type: [Ranked], description: 'Best first.' })
  candidates!: readonly Ranked[];
}
