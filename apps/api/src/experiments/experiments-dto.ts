import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { MOST_ARMS } from './plan.js';

const ID = 'eq7Jt0cXyV2bN';

class ArmRequest {
  @ApiProperty({ example: 'blue', pattern: '^[\\w.-]{1,64}$' })
  name!: string;

  @ApiPropertyOptional({
    minimum: 0.001,
    example: 0.5,
    description: 'Of the impressions. Default: equal parts of what the others leave.',
  })
  share?: number;

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: true,
    description: 'Where the arm is shown. That of the control tells the CTR to size by.',
  })
  record?: object;
}

/** What `POST /experiments` takes. */
export class ExperimentRequest {
  @ApiProperty({ example: 'Blue button', maxLength: 200 })
  name!: string;

  @ApiProperty({
    type: [ArmRequest],
    minItems: 2,
    maxItems: MOST_ARMS,
    description: 'The first is the control.',
  })
  arms!: ArmRequest[];

  @ApiPropertyOptional({ default: 0.05, description: 'Share of findings that may be false.' })
  significance?: number;

  @ApiPropertyOptional({ default: 0.8, description: 'Chance to find the least uplift.' })
  power?: number;

  @ApiPropertyOptional({
    default: 0.1,
    description: 'The least relative difference worth knowing; `/compare` predicts one.',
  })
  uplift?: number;

  @ApiPropertyOptional({
    default: 1,
    description:
      'How many times as much clicks vary as those of independent impressions; above 1 where the same people see an ad often.',
  })
  dispersion?: number;

  @ApiPropertyOptional({
    example: 0.05,
    description: 'CTR of the control to size by. Default: as predicted for its record.',
  })
  baseline_ctr?: number;
}

class PlannedArmAnswer {
  @ApiProperty({ example: 'blue' })
  name!: string;

  @ApiProperty({ example: 0.5 })
  share!: number;

  @ApiPropertyOptional({ type: 'object', additionalProperties: true })
  record?: object;
}

class ArmAnswer extends PlannedArmAnswer {
  @ApiProperty({
    example: `${ID}/blue`,
    description: 'What outcomes of the arm have as their `arm`.',
  })
  label!: string;
}

class SizeAnswer {
  @ApiProperty({
    type: 'integer',
    example: 260_000,
    description: 'Of all arms, looked at all the time.',
  })
  impressions!: number;

  @ApiProperty({
    type: 'integer',
    example: 31_000,
    description: 'Of each arm, looked at once, at the end: what `/compare` tells.',
  })
  impressions_per_arm_fixed!: number;
}

class PlanAnswer {
  @ApiProperty({ example: 0.05 })
  significance!: number;

  @ApiProperty({ example: 0.8 })
  power!: number;

  @ApiProperty({ example: 0.1 })
  uplift!: number;

  @ApiProperty({ example: 1 })
  dispersion!: number;

  @ApiProperty({ type: 'number', nullable: true, example: 0.05 })
  baseline_ctr!: number | null;

  @ApiProperty({ type: SizeAnswer, nullable: true, description: 'null without a baseline CTR.' })
  size!: SizeAnswer | null;
}

/** What `POST /experiments/plan` answers. */
export class PlannedExperimentAnswer extends PlanAnswer {
  @ApiProperty({ example: 'Blue button' })
  name!: string;

  @ApiProperty({ type: [PlannedArmAnswer], description: 'The first is the control.' })
  arms!: readonly PlannedArmAnswer[];
}

/** An experiment, as it was registered and ended. */
export class ExperimentAnswer extends PlanAnswer {
  @ApiProperty({ example: ID })
  id!: string;

  @ApiProperty({ example: 'Blue button' })
  name!: string;

  @ApiProperty({ example: '2026-03-01T10:00:00.000Z' })
  created_at!: string;

  @ApiProperty({ type: 'string', nullable: true, description: 'null while it runs.' })
  finished_at!: string | null;

  @ApiProperty({ type: 'string', nullable: true })
  winner!: string | null;

  @ApiProperty({ type: [ArmAnswer], description: 'The first is the control.' })
  arms!: readonly ArmAnswer[];
}

class OpenInterval {
  @ApiProperty({ example: 0.94 })
  low!: number;

  @ApiProperty({ type: 'number', nullable: true, example: 1.12, description: 'null: no end yet.' })
  high!: number | null;
}

class DifferenceAnswer extends OpenInterval {
  @ApiProperty({ type: 'number', nullable: true, example: 0.0012 })
  value!: number | null;
}

class ArmComparisonAnswer {
  @ApiProperty({ type: 'number', nullable: true, example: 1.03 })
  ratio!: number | null;

  @ApiProperty({ description: 'Of the ratio, at whatever time one looks.' })
  interval!: OpenInterval;

  @ApiProperty({ description: 'Clicks per impression more than the control.' })
  difference!: DifferenceAnswer;

  @ApiProperty({
    type: 'number',
    nullable: true,
    example: 3.4,
    description: 'Evidence of a difference: 20 is as good as a significance of 0.05.',
  })
  e_value!: number | null;

  @ApiProperty({ description: 'Whether they differ beyond chance, all arms considered.' })
  found!: boolean;
}

class ArmResultAnswer {
  @ApiProperty({ example: 'blue' })
  name!: string;

  @ApiProperty({ example: 0.5 })
  planned_share!: number;

  @ApiProperty({ example: 0.4987 })
  share!: number;

  @ApiProperty({ type: 'integer', example: 41_000 })
  impressions!: number;

  @ApiProperty({ type: 'integer', example: 2120 })
  clicks!: number;

  @ApiProperty({ type: 'number', nullable: true, example: 0.0517 })
  ctr!: number | null;

  @ApiPropertyOptional({ description: 'Absent for the control.' })
  against_control?: ArmComparisonAnswer;
}

class MismatchAnswer {
  @ApiProperty({ type: 'number', nullable: true, example: 0.4 })
  e_value!: number | null;

  @ApiProperty({ description: 'Whether impressions come in other shares than planned.' })
  found!: boolean;
}

class UnknownArmAnswer {
  @ApiProperty({ example: `${ID}/bleu`, description: 'As outcomes name it.' })
  label!: string;

  @ApiProperty({ type: 'integer', example: 1200 })
  impressions!: number;

  @ApiProperty({ type: 'integer', example: 61 })
  clicks!: number;
}

class ResultAnswer {
  @ApiProperty({ enum: ['broken', 'winner', 'control', 'alike', 'undecided', 'running'] })
  decision!: string;

  @ApiProperty({ type: 'string', nullable: true, description: 'The arm to go on with.' })
  best!: string | null;

  @ApiProperty({ type: [String], description: 'The decision in sentences.' })
  words!: readonly string[];

  @ApiProperty({ type: 'integer' })
  impressions!: number;

  @ApiProperty({ type: 'integer' })
  clicks!: number;

  @ApiProperty({ type: 'integer' })
  days!: number;

  @ApiProperty({ type: 'number', nullable: true, description: 'Of the planned impressions.' })
  reached!: number | null;

  @ApiProperty({ type: [ArmResultAnswer] })
  arms!: readonly ArmResultAnswer[];

  @ApiProperty({
    type: [UnknownArmAnswer],
    description:
      'Outcomes that name the experiment and none of its arms, up to 20 of them: they count nowhere.',
  })
  unknown_arms!: readonly UnknownArmAnswer[];

  @ApiProperty()
  mismatch!: MismatchAnswer;

  @ApiProperty({ type: [String] })
  assumptions!: readonly string[];
}

/** What `GET /experiments/{id}` answers. */
export class JudgedExperimentAnswer extends ExperimentAnswer {
  @ApiProperty({ description: 'What its outcomes say now.' })
  result!: ResultAnswer;
}

class ExperimentDayAnswer {
  @ApiProperty({ example: '2026-03-01' })
  day!: string;

  @ApiProperty({ enum: ['broken', 'winner', 'control', 'alike', 'undecided', 'running'] })
  decision!: string;

  @ApiProperty({ type: 'integer', description: 'Up to this day.' })
  impressions!: number;

  @ApiProperty({ type: 'integer' })
  clicks!: number;

  @ApiProperty({ type: 'number', nullable: true, description: 'Of the planned impressions.' })
  reached!: number | null;

  @ApiProperty({ type: [ArmResultAnswer] })
  arms!: readonly ArmResultAnswer[];
}

/** What `GET /experiments/{id}/history` answers. */
export class ExperimentHistoryAnswer {
  @ApiProperty({ example: ID })
  id!: string;

  @ApiProperty({
    type: [ExperimentDayAnswer],
    description:
      'What its outcomes up to a day say, as they are told now: every day with outcomes, or 60 of them where there are more.',
  })
  days!: readonly ExperimentDayAnswer[];
}

/** What `POST /experiments/{id}/finish` takes. */
export class FinishRequest {
  @ApiPropertyOptional({ example: 'blue', description: 'The arm that goes on, if one does.' })
  winner?: string;
}

/** What `GET /experiments` answers. */
export class ExperimentsAnswer {
  @ApiProperty({ type: [ExperimentAnswer], description: 'The newest first.' })
  experiments!: readonly ExperimentAnswer[];

  @ApiProperty({
    type: 'string',
    nullable: true,
    description: 'Where the next page begins: its parameter `after`; null on the last page.',
  })
  next!: string | null;
}
