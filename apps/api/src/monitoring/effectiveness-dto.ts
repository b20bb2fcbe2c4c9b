import { ApiProperty } from '@nestjs/swagger';
import { ReportAnswer } from './calibration-dto.js';
import { decimal, integer, perhaps, sentences, words } from './properties.js';

class EffectAnswer {
  @words('spring sale', 'The campaign, placement or day; (none) where nobody said.')
  value!: string;

  @integer(280_000)
  impressions!: number;

  @integer(8_120)
  clicks!: number;

  @perhaps(0.029)
  ctr!: number | null;

  @decimal(7_440.3, 'Clicks that the model expected.')
  expected!: number;

  @perhaps(0.0266)
  expected_ctr!: number | null;

  @perhaps(1.091, 'clicks / expected.')
  factor!: number | null;

  @decimal(1.06)
  lower!: number;

  @perhaps(1.12)
  upper!: number | null;

  @decimal(
    1.088,
    'What is best believed of the factor: days count by what they tell, and it is pulled to that of all by how little is known of it.',
  )
  shrunk_factor!: number;

  @perhaps(3_248, 'Money; null where nobody said.')
  spend!: number | null;

  @perhaps(0.4, 'spend / clicks.')
  cpc!: number | null;
}

class NamedEffectAnswer extends EffectAnswer {
  @ApiProperty({ enum: ['campaign', 'placement'] })
  kind!: string;
}

class ChangePartAnswer {
  @words('mobile')
  value!: string;

  @decimal(-0.00012, 'By its share of the impressions.')
  mix!: number;

  @decimal(-0.0021, 'By its own CTR.')
  rate!: number;

  @decimal(0.55)
  share_before!: number;

  @decimal(0.56)
  share_after!: number;

  @perhaps(0.034)
  ctr_before!: number | null;

  @perhaps(0.0302)
  ctr_after!: number | null;
}

class ClicksChangeAnswer {
  @decimal(-820, 'volume + mix + rate.')
  change!: number;

  @decimal(310, 'By more or fewer impressions.')
  volume!: number;

  @decimal(-60)
  mix!: number;

  @decimal(-1_070)
  rate!: number;
}

export class ChangeAnswer {
  @decimal(0.0282)
  ctr_before!: number;

  @decimal(0.026)
  ctr_after!: number;

  @decimal(-0.0022, 'mix + rate, exactly.')
  change!: number;

  @decimal(-0.0001)
  mix!: number;

  @decimal(-0.0021)
  rate!: number;

  @ApiProperty()
  clicks!: ClicksChangeAnswer;

  @ApiProperty({ type: [ChangePartAnswer], description: 'By value, largest effect first.' })
  parts!: readonly ChangePartAnswer[];
}

const days = {
  type: 'array',
  items: { type: 'string', format: 'date' },
  minItems: 2,
  maxItems: 2,
  description: 'First and last day.',
} as const;

class PeriodChangeAnswer {
  @ApiProperty({ ...days, example: ['2026-02-16', '2026-02-22'] })
  before!: readonly [string, string];

  @ApiProperty({ ...days, example: ['2026-02-23', '2026-03-01'] })
  after!: readonly [string, string];

  @sentences('CTR fell from 2.82 % to 2.6 %: by device_type -0.21 points by rate (most: mobile)')
  words!: readonly string[];

  @ApiProperty({
    type: 'object',
    additionalProperties: { $ref: '#/components/schemas/ChangeAnswer' },
    description: 'The same change, split by the values of a feature, campaign or placement.',
  })
  by!: Readonly<Record<string, ChangeAnswer>>;
}

/** What `GET /monitoring/effectiveness` answers. */
export class EffectivenessAnswer extends ReportAnswer {
  @ApiProperty()
  overall!: EffectAnswer;

  @ApiProperty({ type: [EffectAnswer] })
  campaigns!: readonly EffectAnswer[];

  @ApiProperty({ type: [EffectAnswer] })
  placements!: readonly EffectAnswer[];

  @ApiProperty({ type: [EffectAnswer], description: 'In order.' })
  days!: readonly EffectAnswer[];

  @ApiProperty({
    type: [NamedEffectAnswer],
    description: 'Furthest above what the model expected.',
  })
  best!: readonly NamedEffectAnswer[];

  @ApiProperty({ type: [NamedEffectAnswer], description: 'Furthest below.' })
  worst!: readonly NamedEffectAnswer[];

  @ApiProperty({
    type: PeriodChangeAnswer,
    nullable: true,
    description: 'The last week against the one before; null where there is none.',
  })
  change!: PeriodChangeAnswer | null;
}
