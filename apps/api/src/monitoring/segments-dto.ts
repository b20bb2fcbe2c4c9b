import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ReportAnswer } from './calibration-dto.js';
import { decimal, integer, perhaps, perhapsWords, sentences, words } from './properties.js';

const value = {
  oneOf: [{ type: 'string' }, { type: 'number' }, { type: 'null' }],
  example: 'mobile',
  description: 'The value; null: missing.',
};

class PartAnswer {
  @words('device_type', 'Of the record, or campaign, placement or predicted CTR.')
  feature!: string;

  @ApiPropertyOptional(value)
  value?: string | number | null;

  @ApiPropertyOptional({ type: 'number', description: 'Of numbers: from here …' })
  from?: number;

  @ApiPropertyOptional({ type: 'number', description: '… to here, both included.' })
  to?: number;

  @ApiPropertyOptional({ type: 'boolean', description: 'Of words: whether the model knew them.' })
  known?: boolean;
}

class RangeAnswer {
  @decimal(-7160.2)
  value!: number;

  @decimal(-7600)
  lower!: number;

  @perhaps(-6720, 'Null: without bound.')
  upper!: number | null;
}

class GainAnswer {
  @ApiProperty({ description: 'Clicks beyond those expected; below 0: fewer.' })
  clicks!: RangeAnswer;

  @ApiProperty({
    type: RangeAnswer,
    nullable: true,
    description: 'The same in money; null where nobody said what a click is worth.',
  })
  money!: RangeAnswer | null;
}

class SegmentAnswer {
  @words('device_type = mobile')
  segment!: string;

  @ApiProperty({ type: [PartAnswer], description: 'Of which features and values; none: all.' })
  parts!: readonly PartAnswer[];

  @integer(1_400_000)
  impressions!: number;

  @integer(39_900)
  clicks!: number;

  @decimal(47_060.2)
  expected!: number;

  @perhaps(0.848)
  factor!: number | null;

  @decimal(0.838)
  lower!: number;

  @perhaps(0.858)
  upper!: number | null;

  @decimal(455.1)
  log_e_value!: number;
}

export class SegmentCalibrationAnswer extends SegmentAnswer {
  @ApiProperty({ description: 'Off by more than chance, among all that were looked at.' })
  off!: boolean;
}

class FindingAnswer extends SegmentAnswer {
  @words('2026-02-14', 'First day of the miss; all figures are from then on.')
  since!: string;

  @ApiProperty()
  gain!: GainAnswer;

  @words('device_type = mobile: 15 % fewer clicks than expected (14 to 16 %) since 2026-02-14')
  words!: string;
}

export class CauseAnswer extends FindingAnswer {
  @sentences('ad_position = 1', 'Segments that are only off because of this one.')
  explains!: readonly string[];
}

class ExplainedAnswer extends FindingAnswer {
  @perhapsWords('device_type = mobile', 'Null: of none of the causes that are named.')
  because_of!: string | null;
}

class LookedAtAnswer {
  @integer(31, 'Segments of one feature.')
  single!: number;

  @integer(120, 'Of two.')
  pairs!: number;
}

/** What `GET /monitoring/segments` answers. */
export class SegmentsAnswer extends ReportAnswer {
  @perhapsWords('20260101-120000-3fa1c2d4', 'Whose segments these are; null without outcomes.')
  model_version!: string | null;

  @ApiProperty({
    type: [CauseAnswer],
    description: 'The fewest segments that explain what is off, the surest first.',
  })
  causes!: readonly CauseAnswer[];

  @ApiProperty({ type: [CauseAnswer], description: 'The same, what matters most in money first.' })
  by_money!: readonly CauseAnswer[];

  @ApiProperty({ type: [ExplainedAnswer], description: 'Others that are off.' })
  explained!: readonly ExplainedAnswer[];

  @ApiProperty({ type: [SegmentCalibrationAnswer], description: 'Every segment of one feature.' })
  segments!: readonly SegmentCalibrationAnswer[];

  @ApiProperty()
  looked_at!: LookedAtAnswer;
}
