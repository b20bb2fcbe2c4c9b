import { MAX_LISTED, MAX_PLACEMENTS } from '@adscale/decisions';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { AnsweredDto, IntervalDto, aLevel, aRecord, anId, outside } from './shared-dto.js';

class ListedPlacement {
  @ApiPropertyOptional(anId)
  id?: string;

  @ApiProperty(aRecord)
  record!: object;
}

/** The body of `POST /opportunities`: placements, or else base and vary. */
export class OpportunitiesRequest {
  @ApiPropertyOptional({ type: [ListedPlacement], minItems: 1, maxItems: MAX_PLACEMENTS })
  placements?: ListedPlacement[];

  @ApiPropertyOptional(aRecord)
  base?: object;

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: { oneOf: [{ type: 'array', items: {} }, { type: 'integer' }] },
    description:
      `Values of some features; every combination is looked at, up to ${MAX_PLACEMENTS}. A feature of ` +
      'words may have a number in place of a list: as many of its commonest words. Without vary, all ' +
      'such features vary so.',
    example: { ad_position: [1, 2, 3], device_type: ['mobile', 'desktop'] },
  })
  vary?: object;

  @ApiPropertyOptional({ description: 'A placement below it is weak.', example: 0.01 })
  floor_ctr?: number;

  @ApiPropertyOptional({ default: 0.8, description: 'How sure one must be that it is below.' })
  certainty?: number;

  @ApiPropertyOptional({ default: 20, description: 'A cell of fewer training rows is unexplored.' })
  few_rows?: number;

  @ApiPropertyOptional({
    type: [String],
    description: 'Features that make a cell; the categories and the position if absent.',
  })
  cell_by?: string[];

  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: MAX_LISTED, default: 5 })
  top?: number;

  @ApiPropertyOptional(aLevel)
  level?: number;
}

class ExploredDto {
  @ApiProperty({ type: 'integer', example: 1_250_000 })
  training_impressions!: number;

  @ApiPropertyOptional({ example: 84.2 })
  training_rows?: number;
}

class FindingOutDto {
  @ApiProperty({ type: 'integer', example: 2900 })
  impressions!: number;

  @ApiProperty({ description: 'What one knows after so many.' })
  says!: string;
}

class OpportunityDto {
  @ApiProperty({ example: '1 / mobile' })
  id!: string;

  @ApiProperty(aRecord)
  record!: object;

  @ApiProperty({ example: 0.0847 })
  predicted_ctr!: number;

  @ApiProperty()
  interval!: IntervalDto;

  @ApiProperty()
  explored!: ExploredDto;

  @ApiProperty(outside)
  extrapolated!: readonly string[];

  @ApiProperty()
  to_find_out!: FindingOutDto;
}

class ReasonDto {
  @ApiProperty({ example: 'ad_position' })
  feature!: string;

  @ApiProperty({ oneOf: [{ type: 'number' }, { type: 'string' }], example: 10 })
  value!: number | string;

  @ApiProperty({ description: 'Clicks per impression.', example: -0.021 })
  effect!: number;

  @ApiProperty()
  says!: string;
}

class WeakDto extends OpportunityDto {
  @ApiProperty({ example: 0.98 })
  chance_below_floor!: number;

  @ApiProperty({ type: [ReasonDto], description: 'What lowers it most, by Shapley values.' })
  reasons!: readonly ReasonDto[];
}

/** What `POST /opportunities` answers. */
export class OpportunitiesAnswer extends AnsweredDto {
  @ApiProperty({ example: 0.9 })
  level!: number;

  @ApiProperty({ type: 'integer', description: 'How many were looked at.', example: 30 })
  placements!: number;

  @ApiProperty({ type: [OpportunityDto], description: 'By the lower end of the interval.' })
  best!: readonly OpportunityDto[];

  @ApiProperty({ type: [WeakDto], description: 'Likely below floor_ctr.' })
  weak!: readonly WeakDto[];

  @ApiProperty({ type: [OpportunityDto], description: 'Few training rows, or outside them.' })
  unexplored!: readonly OpportunityDto[];
}
