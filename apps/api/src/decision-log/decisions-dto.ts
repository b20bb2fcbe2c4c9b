import { JUDGED } from '@adscale/decisions';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IntervalDto } from '../decisions/shared-dto.js';

const ID = 'dZk3v9uYp0aLx2QcT';

class ExpectedAndCameDto {
  @ApiProperty({ type: 'integer', nullable: true, description: 'null where none were planned.' })
  planned_impressions!: number | null;

  @ApiProperty({ type: 'integer', example: 12_000, description: 'That came.' })
  impressions!: number;

  @ApiProperty({ type: 'number', nullable: true, description: 'null where nobody said.' })
  spend!: number | null;

  @ApiProperty({ type: 'integer', example: 1023 })
  clicks!: number;

  @ApiProperty({
    example: 1016.4,
    description: 'Of the impressions that came, at the records that they had.',
  })
  expected_clicks!: number;

  @ApiProperty({ description: 'Of the same impressions, at the level of the decision.' })
  interval!: IntervalDto;

  @ApiProperty({
    type: 'boolean',
    nullable: true,
    description: 'Whether the interval held what came; null without impressions.',
  })
  held!: boolean | null;
}

class JudgedEntryDto extends ExpectedAndCameDto {
  @ApiProperty({ example: 'a', description: 'Its id in the request, or its place.' })
  id!: string;

  @ApiProperty({ type: 'number', nullable: true, description: 'Of an allocation.' })
  planned_spend!: number | null;

  @ApiProperty({ example: 0.0847 })
  predicted_ctr!: number;

  @ApiProperty({ type: 'number', nullable: true, example: 0.0852 })
  observed_ctr!: number | null;
}

class CoverageDto {
  @ApiProperty({ example: 0.9, description: 'How often intervals are to hold.' })
  level!: number;

  @ApiProperty({ type: 'integer', description: 'Intervals that outcomes can be held against.' })
  judged!: number;

  @ApiProperty({ type: 'integer' })
  held!: number;

  @ApiProperty({ type: 'number', nullable: true, example: 0.9167 })
  share!: number | null;
}

class EstimateDto extends IntervalDto {
  @ApiProperty({ example: 1016.4 })
  expected!: number;
}

class AlternativeDto extends EstimateDto {
  @ApiProperty({ description: 'What it would have brought more than what was decided.' })
  more!: EstimateDto;
}

class SplitDto {
  @ApiProperty({ example: 'a' })
  id!: string;

  @ApiProperty({ example: 0.6 })
  share!: number;

  @ApiPropertyOptional({ description: 'Of an allocation.' })
  spend?: number;
}

class BestDto extends AlternativeDto {
  @ApiProperty({ type: [SplitDto] })
  split!: readonly SplitDto[];
}

class RegretDto {
  @ApiProperty({ enum: ['value of a thousand impressions', 'clicks', 'value'] })
  of!: string;

  @ApiProperty({ description: 'What was decided is worth, by what is known now.' })
  decided!: EstimateDto;

  @ApiProperty({ description: 'The same to every entry.' })
  equal_split!: AlternativeDto;

  @ApiProperty({ description: 'What would have been best, by what is known now.' })
  best_in_hindsight!: BestDto;

  @ApiProperty({ type: [String] })
  assumptions!: readonly string[];
}

class HindsightDto {
  @ApiProperty()
  model_version!: string;

  @ApiProperty({ example: 'USD' })
  currency!: string;

  @ApiProperty({ type: [JudgedEntryDto], description: 'In the order of the request.' })
  entries!: readonly JudgedEntryDto[];

  @ApiProperty()
  total!: ExpectedAndCameDto;

  @ApiProperty()
  coverage!: CoverageDto;

  @ApiPropertyOptional({ description: 'Absent for a forecast, and without outcomes.' })
  regret?: RegretDto;

  @ApiProperty({ type: [String] })
  assumptions!: readonly string[];
}

class OutcomesDto {
  @ApiProperty({ example: '2026-03-01', description: 'The day of the decision.' })
  from!: string;

  @ApiProperty({ example: '2026-03-20', description: 'The last day whose outcomes count.' })
  to!: string;

  @ApiProperty({
    type: 'string',
    enum: ['arm', 'record'],
    nullable: true,
    description:
      'arm: outcomes named the entries, as `<decision>/<entry>`. record: none did, and their records are those of the entries. null: there are none.',
  })
  matched_by!: 'arm' | 'record' | null;

  @ApiProperty({ type: 'integer' })
  impressions!: number;

  @ApiProperty({ type: 'integer' })
  clicks!: number;

  @ApiProperty({ type: [String], description: 'What is taken for granted of them.' })
  assumptions!: readonly string[];
}

/** A decision, as the list of them has it. */
export class ListedDecisionDto {
  @ApiProperty({ example: ID })
  id!: string;

  @ApiProperty({ enum: JUDGED })
  decision!: string;

  @ApiProperty({ example: '2026-03-01T10:00:00.000Z' })
  at!: string;

  @ApiProperty({ description: 'Version of the model that decided.' })
  model_version!: string;
}

/** What `GET /decisions/{id}` answers. */
export class JudgedDecisionDto extends ListedDecisionDto {
  @ApiProperty({ type: 'object', additionalProperties: true, description: 'As it came.' })
  request!: object;

  @ApiProperty({ type: 'object', additionalProperties: true, description: 'As it was answered.' })
  answer!: object;

  @ApiProperty({ description: 'Which outcomes count.' })
  outcomes!: OutcomesDto;

  @ApiPropertyOptional({ description: 'What was expected, what came, and what else could have.' })
  hindsight?: HindsightDto;

  @ApiPropertyOptional({ description: 'Why there is no hindsight.' })
  unjudged?: string;
}

/** What `GET /decisions` answers. */
export class DecisionsDto {
  @ApiProperty({ type: [ListedDecisionDto], description: 'The oldest first.' })
  decisions!: readonly ListedDecisionDto[];

  @ApiProperty({
    type: 'string',
    nullable: true,
    description: 'Where the next page begins: its parameter `after`; null on the last page.',
  })
  next!: string | null;
}
