import { ApiProperty } from '@nestjs/swagger';
import { ALERT_KINDS } from '../alerts/alert.js';
import {
  CalibrationAnswer,
  DayCalibrationAnswer,
  ModelCalibrationAnswer,
  ReportAnswer,
} from './calibration-dto.js';
import { decimal, integer, perhaps, perhapsWords, sentences, words } from './properties.js';
import { CauseAnswer } from './segments-dto.js';

export class SignAnswer {
  @words('budget')
  feature!: string;

  @ApiProperty({
    enum: ['psi', 'wasserstein', 'missing', 'unseen', 'outside'],
    description:
      'How the values are spread, how far numbers have moved by their spread, and shares of the impressions: missing, unknown to the model, and outside what it was trained with.',
  })
  kind!: string;

  @decimal(0.31)
  value!: number;

  @decimal(0.27)
  lower!: number;

  @decimal(0.35)
  upper!: number;

  @decimal(0.1, 'What lower must be above for the sign to be raised.')
  threshold!: number;

  @ApiProperty()
  raised!: boolean;

  @words('budget is spread otherwise than before: PSI 0.31 (0.27 to 0.35)')
  words!: string;
}

export class AlertAnswer {
  @words('5f0c1d2e3a4b5c6d')
  id!: string;

  @ApiProperty({ enum: ['firing', 'resolved'] })
  state!: string;

  @ApiProperty({
    enum: ALERT_KINDS,
    description: 'All clicks of a model, a part of the traffic, or inputs alone.',
  })
  kind!: string;

  @words('20260101-120000-3fa1c2d4')
  model_version!: string;

  @words('device_type = mobile')
  name!: string;

  @words('device_type = mobile: 15 % fewer clicks than expected (14 to 16 %) since 2026-02-14.')
  title!: string;

  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    example: { since: '2026-02-14', factor: 0.848, clicks: -7160.2, money: -3222.1 },
  })
  facts!: Readonly<Record<string, number | string | null>>;

  @words('2026-02-20T07:00:00.000Z')
  started_at!: string;

  @words('2026-03-01T12:00:00.000Z', 'When a report last found it.')
  last_seen_at!: string;

  @perhapsWords('2026-03-02T07:00:00.000Z')
  resolved_at!: string | null;

  @perhapsWords('The last 3 reports did not find it.', 'Why it is over.')
  reason!: string | null;
}

class DeliveriesAnswer {
  @integer(0)
  waiting!: number;

  @integer(0, 'Given up after a day.')
  abandoned!: number;

  @perhapsWords('answered 500', 'Why the latest of these was not taken.')
  last_reason!: string | null;
}

class LeftOutAnswer {
  @integer(0)
  days!: number;

  @integer(0)
  impressions!: number;
}

/** What `GET /monitoring` answers. */
export class MonitoringAnswer extends ReportAnswer {
  @sentences(
    'device_type = mobile: 15 % fewer clicks than expected (14 to 16 %) since 2026-02-14; 3,222.1 lost',
    'What is wrong, the most important first.',
  )
  findings!: readonly string[];

  @ApiProperty({ description: 'All versions together.' })
  overall!: CalibrationAnswer;

  @ApiProperty({ type: [ModelCalibrationAnswer] })
  models!: readonly ModelCalibrationAnswer[];

  @ApiProperty({ type: [DayCalibrationAnswer], description: 'In order.' })
  days!: readonly DayCalibrationAnswer[];

  @ApiProperty({
    type: [CauseAnswer],
    description: 'The fewest segments that explain what is off, the surest first.',
  })
  causes!: readonly CauseAnswer[];

  @ApiProperty({ type: [SignAnswer], description: 'What inputs tell by themselves.' })
  signs!: readonly SignAnswer[];

  @perhapsWords(
    '2026-02-02 to 2026-02-22',
    'The days that the last ones are compared with, but for what is outside of training.',
  )
  reference!: string | null;

  @perhaps(0.0004, 'Variance of a day’s factor beyond chance, which intervals allow for.')
  day_variance!: number | null;

  @integer(840, 'Cells of outcomes that were read.')
  cells!: number;

  @decimal(1, 'Share of the records that segments and signs were looked at in.')
  kept_share!: number;

  @ApiProperty({ description: 'Of days that are too young.' })
  left_out!: LeftOutAnswer;

  @ApiProperty({ type: [AlertAnswer], description: 'Firing, then those that ended this week.' })
  alerts!: readonly AlertAnswer[];

  @ApiProperty({ description: 'Messages to ALERT_WEBHOOK_URL that were not taken.' })
  deliveries!: DeliveriesAnswer;
}
