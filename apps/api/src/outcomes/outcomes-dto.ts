import type { RecordSchema } from '@adscale/ctr';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { FieldProblem } from '../problem/api-problems.js';
import { exampleRequests } from '../record/record-examples.js';

const count = (example: number, description?: string) =>
  ApiProperty({ type: 'integer', minimum: 0, example, description });

class RejectedOutcome {
  @count(2, 'Place of the outcome in the body, from 0 on.')
  index!: number;

  @ApiProperty({ type: [FieldProblem], description: 'An entry for each wrong field.' })
  errors!: FieldProblem[];
}

/** What `POST /outcomes` answers. */
export class ReceiptAnswer {
  @count(3, 'Outcomes that are kept: new, restated and unchanged ones.')
  accepted!: number;

  @count(2, 'Outcomes that were told for the first time.')
  new!: number;

  @count(1, 'Outcomes whose key was told before, with other figures.')
  restated!: number;

  @count(0, 'Outcomes that say what was known.')
  unchanged!: number;

  @count(
    0,
    'Of those, the ones whose figures were replaced since: they need an until to count again.',
  )
  outdated!: number;

  @ApiPropertyOptional({
    type: 'integer',
    minimum: 0,
    example: 0,
    description:
      'With check=true: new ones that say the same of a day and record as one that is kept under another key.',
  })
  alike?: number;

  @count(0, 'Outcomes refused.')
  failed!: number;

  @ApiProperty({
    type: [RejectedOutcome],
    description: 'The first hundred of those, and why.',
    example: [],
  })
  rejected!: RejectedOutcome[];
}

class StoreErrorAnswer {
  @ApiProperty({ example: '2026-03-01T10:00:00.000Z' })
  at!: string;

  @ApiProperty({ example: 'SQLITE_FULL: database or disk is full' })
  reason!: string;
}

class StoreAnswer {
  @ApiProperty({ enum: ['sqlite', 'postgresql'] })
  engine!: string;

  @ApiProperty({ description: 'Whether it could be used when it was last asked.' })
  available!: boolean;

  @ApiProperty({
    type: StoreErrorAnswer,
    nullable: true,
    description: 'Why not, the last time that it could not.',
  })
  last_error!: StoreErrorAnswer | null;
}

class MaturityAnswer {
  @count(1, 'Days after the day of the impressions: 0 is the day itself.')
  age!: number;

  @ApiProperty({
    type: 'number',
    example: 0.97,
    description: 'Share of its clicks that a day of this age has.',
  })
  share!: number;

  @ApiProperty({ type: 'number', example: 0.95 })
  lower!: number;

  @ApiProperty({ type: 'number', example: 0.99 })
  upper!: number;
}

/** What `GET /outcomes/summary` answers. */
export class OutcomeSummaryAnswer {
  @count(120_000, 'Outcomes of days that are open for restatements.')
  open!: number;

  @count(8000, 'Of those, the ones that were told again: with other figures, or on a later day.')
  restated!: number;

  @count(2_400_000, 'Outcomes of days that are closed.')
  closed!: number;

  @count(31_000, 'Cells that those were summed to.')
  cells!: number;

  @count(9_100_000)
  impressions!: number;

  @count(310_000)
  clicks!: number;

  @ApiProperty({
    type: 'number',
    example: 305_421.5,
    description: 'Clicks that the models expected.',
  })
  predicted_clicks!: number;

  @ApiProperty({ type: 'string', nullable: true, example: '2026-01-01', description: 'First day.' })
  first_day!: string | null;

  @ApiProperty({ type: 'string', nullable: true, example: '2026-03-01', description: 'Last day.' })
  last_day!: string | null;

  @ApiProperty({
    type: [MaturityAnswer],
    description:
      'How the clicks of a day grow with its age, as learnt from restatements; empty before there are any.',
  })
  maturity!: MaturityAnswer[];

  @ApiProperty({ type: StoreAnswer })
  store!: StoreAnswer;
}

/** One line of `GET /outcomes`, for the documentation. */
export const EXAMPLE_LINES = [
  {
    ...{ day: '2026-03-01', model_version: '20260101-120000-3fa1c2d4' },
    record: { impressions: 5000, ad_position: 1, device_type: 'mobile', budget: 2500 },
    ...{ unseen: [], campaign: 'spring', rows: 12, impressions: 61_204, clicks: 5021 },
    ...{ predicted_clicks: 5183.9, spend: 2410.5 },
    maturity: { share: 0.97, lower: 0.95, upper: 0.99 },
  },
  { end: true, cells: 1 },
]
  .map((line) => `${JSON.stringify(line)}\n`)
  .join('');

/**
 * Bodies of `POST /outcomes`, for the documentation.
 * @param day of what was reported; one that the service takes
 */
export function exampleOutcomes(schema: RecordSchema, day: string) {
  const record = exampleRequests(schema).typical;
  const counts = { impressions: 5000, clicks: 420, spend: 180.5, campaign: 'spring' };
  return {
    reported: { value: [{ record, period: day, ...counts }] },
    predicted: {
      value: [
        {
          prediction_id: 'AT-hwtTl9mmqr8YApVvN5WkAAAABlwFmAQF-gGYM0Nd2nGbXJg',
          ...{ impressions: 1, clicks: 0, until: '2026-03-02T00:00:00Z' },
        },
      ],
    },
  };
}

/** The fields that a body's outcomes may have. */
export class OutcomeFields {
  @ApiPropertyOptional({
    description: 'The x-prediction-id of an answer; or else record and period.',
  })
  prediction_id?: string;

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: true,
    description: 'The placement, as POST /predict_ctr takes it.',
  })
  record?: object;

  @ApiPropertyOptional({
    example: '2026-03-01',
    description:
      'Beside record: a UTC day, an instant, or two of either with / between them, at most a day apart.',
  })
  period?: string;

  @ApiPropertyOptional({
    description: 'Beside record: what you know this row by. Default: all that it is told of.',
  })
  key?: string;

  @ApiPropertyOptional({
    description: 'Beside record: the model that is judged. Default: the current one.',
  })
  model_version?: string;

  @count(5000)
  impressions!: number;

  @count(420, 'At most the impressions.')
  clicks!: number;

  @ApiPropertyOptional({
    format: 'date-time',
    description: 'Until when the figures count. Default: now. The latest wins.',
  })
  until?: string;

  @ApiPropertyOptional({ type: 'number', minimum: 0, example: 180.5, description: 'Money spent.' })
  spend?: number;

  @ApiPropertyOptional({ example: 'spring' })
  campaign?: string;

  @ApiPropertyOptional()
  placement?: string;

  @ApiPropertyOptional({ description: 'Of an experiment.' })
  arm?: string;
}
