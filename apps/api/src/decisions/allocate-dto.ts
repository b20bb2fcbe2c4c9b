import { MAX_CELLS, MAX_EXACT_CELLS } from '@adscale/decisions';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import {
  AnsweredDto,
  IntervalDto,
  PriceDto,
  aCurrency,
  aLevel,
  anId,
  money,
  outside,
} from './shared-dto.js';

class CellDto {
  @ApiPropertyOptional(anId)
  id?: string;

  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    description: 'The placement: the features of the model but impressions and budget.',
  })
  record!: object;

  @ApiProperty()
  cost!: PriceDto;

  @ApiPropertyOptional({ ...money('Least to spend.'), default: 0 })
  floor?: number | string;

  @ApiPropertyOptional(money('Most to spend; the budget if absent.'))
  cap?: number | string;

  @ApiPropertyOptional({
    type: 'integer',
    minimum: 1,
    description: 'Impressions there are to buy.',
  })
  max_impressions?: number;

  @ApiPropertyOptional(money('What a click is worth; for the objective value only.'))
  value_per_click?: number | string;
}

/** The body of `POST /allocate`. */
export class AllocateRequest {
  @ApiProperty(money('What there is to spend.', 2000))
  budget!: number | string;

  @ApiProperty({ type: [CellDto], minItems: 1, maxItems: MAX_CELLS })
  cells!: CellDto[];

  @ApiPropertyOptional({ enum: ['clicks', 'value'], default: 'clicks' })
  objective?: string;

  @ApiPropertyOptional({
    enum: ['campaign', 'placement'],
    default: 'campaign',
    description: "What the model's feature budget is: the campaign's, or what a cell gets.",
  })
  budget_feature?: string;

  @ApiPropertyOptional(money("The campaign's budget as the model is told it; budget if absent."))
  campaign_budget?: number | string;

  @ApiPropertyOptional({
    enum: ['exact', 'lagrangian'],
    description: `exact for up to ${MAX_EXACT_CELLS} cells, lagrangian beyond.`,
  })
  method?: string;

  @ApiPropertyOptional(aLevel)
  level?: number;

  @ApiPropertyOptional(aCurrency)
  currency?: string;
}

class Allocated {
  @ApiProperty({ example: 'typical' })
  id!: string;

  @ApiProperty({ example: 900 })
  spend!: number;

  @ApiProperty({ type: 'integer' })
  impressions!: number;

  @ApiProperty()
  predicted_ctr!: number;

  @ApiProperty()
  expected_clicks!: number;

  @ApiPropertyOptional()
  expected_value?: number;

  @ApiProperty({ enum: ['floor', 'cap', 'inventory'], nullable: true })
  at_limit!: string | null;

  @ApiProperty(outside)
  extrapolated!: readonly string[];
}

class AllocationTotal {
  @ApiProperty({ example: 2000 })
  budget!: number;

  @ApiProperty({ description: 'The sum of the allocations, exactly.', example: 2000 })
  spent!: number;

  @ApiProperty({ example: 0 })
  unspent!: number;

  @ApiPropertyOptional()
  unspent_because?: string;

  @ApiProperty()
  expected_clicks!: number;

  @ApiProperty({ description: 'Holds the clicks, click noise included.' })
  clicks!: IntervalDto;

  @ApiPropertyOptional()
  expected_value?: number;
}

class Binding {
  @ApiProperty()
  budget!: boolean;

  @ApiProperty({ type: [String] })
  floors!: readonly string[];

  @ApiProperty({ type: [String] })
  caps!: readonly string[];

  @ApiProperty({ type: [String] })
  inventories!: readonly string[];
}

class ComparedSplitDto {
  @ApiProperty({ description: 'Clicks, or value where that is the objective.' })
  expected!: number;

  @ApiProperty({ description: 'How much more the allocation gets, as a share.', example: 0.31 })
  gain!: number;

  @ApiProperty()
  unspent!: number;
}

class ComparedWith {
  @ApiProperty()
  equal_split!: ComparedSplitDto;

  @ApiProperty({ description: 'In proportion to what money is worth in each cell.' })
  proportional!: ComparedSplitDto;
}

/** What `POST /allocate` answers. */
export class AllocateAnswer extends AnsweredDto {
  @ApiProperty({ example: 'USD' })
  currency!: string;

  @ApiProperty({ enum: ['clicks', 'value'] })
  objective!: string;

  @ApiProperty({ enum: ['exact', 'lagrangian'] })
  method!: string;

  @ApiProperty({ example: 0.9 })
  level!: number;

  @ApiProperty({ type: [Allocated] })
  allocations!: readonly Allocated[];

  @ApiProperty()
  total!: AllocationTotal;

  @ApiProperty({ description: 'Which limits bind.' })
  binding!: Binding;

  @ApiProperty({ description: 'What one more unit of the currency would add.', example: 7.2 })
  shadow_price!: number;

  @ApiProperty({ description: 'Nothing is better by more than this share.', example: 0.00001 })
  optimality_gap!: number;

  @ApiProperty()
  compared_with!: ComparedWith;
}
