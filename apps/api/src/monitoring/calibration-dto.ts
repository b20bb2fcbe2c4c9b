import { ApiProperty } from '@nestjs/swagger';
import { decimal, integer, perhaps, perhapsWords, words } from './properties.js';

/** What a report is of. */
export class ReportAnswer {
  @words('2026-02-02', 'First day that was asked for, UTC.')
  from!: string;

  @words('2026-03-01', 'Last day that was asked for, UTC.')
  to!: string;

  @words('correct', 'What became of days that still grow: correct or leave-out.')
  young!: string;

  @decimal(0.05, 'How often something may be found that is not there.')
  alpha!: number;

  @perhapsWords('20260101-120000-3fa1c2d4', 'The only version that was asked for; null: all.')
  model!: string | null;

  @words('2026-03-01T12:00:00.000Z', 'When the outcomes were read.')
  made_at!: string;

  @integer(120)
  took_ms!: number;
}

/** Observed against predicted. */
export class CalibrationAnswer {
  @integer(840, 'Outcomes.')
  rows!: number;

  @integer(2_520_000)
  impressions!: number;

  @integer(41_250)
  clicks!: number;

  @decimal(48_410.2, 'Clicks that the model expected, as mature as the days are.')
  expected!: number;

  @perhaps(0.852, 'clicks / expected; null where nothing was expected.')
  factor!: number | null;

  @decimal(
    0.843,
    'The factor is above this, however often one looks, but for a chance of alpha; days count by what they tell.',
  )
  lower!: number;

  @perhaps(0.861, 'And below this; null: any.')
  upper!: number | null;

  @perhaps(1.174, 'expected / clicks; null without clicks.')
  calibration_ratio!: number | null;

  @decimal(401.7, 'Logarithm of the evidence that the model is off, at some time or other.')
  log_e_value!: number;
}

export class ModelCalibrationAnswer extends CalibrationAnswer {
  @words('20260101-120000-3fa1c2d4')
  model_version!: string;
}

export class DayCalibrationAnswer extends CalibrationAnswer {
  @words('2026-02-28')
  day!: string;
}

/** What `GET /monitoring/history` answers. */
export class HistoryAnswer extends ReportAnswer {
  @ApiProperty({ type: [DayCalibrationAnswer], description: 'In order.' })
  days!: readonly DayCalibrationAnswer[];
}
