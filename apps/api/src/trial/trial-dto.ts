import type { GateEvidence, GateOptions } from '@adscale/monitor';
import { ApiProperty } from '@nestjs/swagger';
import { GateOptionsRequest } from './canary-dto.js';
import type { TriedVersion } from './queries.js';
import { percentOf, type TrialState } from './state.js';

const AT = { type: 'string', format: 'date-time', example: '2026-03-01T12:00:00.000Z' } as const;
const PERCENT = { type: 'number', example: 5 } as const;

class GateTestAnswer {
  @ApiProperty({ enum: ['calibration', 'segments', 'entropy', 'answered', 'latency'] })
  name!: string;

  @ApiProperty({
    type: 'number',
    example: 1.7,
    description: 'Evidence against the canary, valid however often one looks.',
  })
  e_value!: number;

  @ApiProperty({ type: 'number', example: 40, description: 'Evidence of this much aborts it.' })
  bound!: number;

  @ApiProperty({
    type: 'number',
    nullable: true,
    example: 0.985,
    description:
      'Clicks over those that the canary expects; of the entropy and of requests, how much more than with the current model. Null while nothing was measured.',
  })
  estimate!: number | null;

  @ApiProperty({ type: 'number', nullable: true, example: 0.93 })
  lower!: number | null;

  @ApiProperty({ type: 'number', nullable: true, example: 1.04 })
  upper!: number | null;

  @ApiProperty({
    type: 'array',
    items: { type: 'number', nullable: true },
    example: [0.97, 1.03],
    description: 'Where the estimate may lie; null where that has no end.',
  })
  allowed!: readonly (number | null)[];

  @ApiProperty({
    example: 'clicks are 1.5 % below what the canary expects (7.0 % below to 4.0 % above)',
  })
  words!: string;
}

class WatchedSegmentAnswer {
  @ApiProperty({ example: 'device_type = mobile' })
  segment!: string;

  @ApiProperty({ type: 'number', example: 4.2 })
  e_value!: number;

  @ApiProperty({ type: 'integer', example: 5120 })
  clicks!: number;

  @ApiProperty({
    type: 'number',
    example: 5480,
    description: 'By the canary, given all clicks of a day.',
  })
  expected!: number;

  @ApiProperty({
    type: 'number',
    nullable: true,
    example: 0.88,
    description: 'Of clicks over expected.',
  })
  lower!: number | null;

  @ApiProperty({ type: 'number', nullable: true, example: 0.99 })
  upper!: number | null;

  @ApiProperty({
    type: 'number',
    example: 1.01,
    description: 'Clicks over those by the current model.',
  })
  current_ratio!: number;
}

class EvidenceAnswer {
  @ApiProperty({
    type: 'integer',
    example: 2_400_000,
    description: 'Of all traffic, since it began.',
  })
  impressions!: number;

  @ApiProperty({ type: 'integer', example: 60_000 })
  clicks!: number;

  @ApiProperty({
    type: 'integer',
    example: 1800,
    description: 'Of requests that the canary answered.',
  })
  own_clicks!: number;

  @ApiProperty({ type: 'integer', example: 3 })
  days!: number;

  @ApiProperty({
    type: 'number',
    example: 1.2,
    description: 'How much records vary: 1 is by chance.',
  })
  dispersion!: number;

  @ApiProperty({ type: [GateTestAnswer] })
  tests!: readonly GateTestAnswer[];

  @ApiProperty({ type: [WatchedSegmentAnswer], description: 'That look worse, strongest first.' })
  segments!: readonly WatchedSegmentAnswer[];

  @ApiProperty({
    type: 'string',
    nullable: true,
    example: null,
    description: 'What keeps it from growing, though it is not enough to abort.',
  })
  caution!: string | null;
}

class TrialEventAnswer {
  @ApiProperty(AT)
  at!: string;

  @ApiProperty({ enum: ['begun', 'grown', 'held', 'resumed', 'promoted', 'aborted', 'ended'] })
  event!: string;

  @ApiProperty({ enum: ['gate', 'operator'], description: 'Who decided.' })
  by!: string;

  @ApiProperty({ ...PERCENT, description: 'Share of the requests from then on, in per cent.' })
  percent!: number;

  @ApiProperty({ example: 'all tests are inside their bounds after 26,114 clicks and 24.1 hours' })
  words!: string;

  @ApiProperty({ type: EvidenceAnswer, nullable: true, description: 'That it was decided by.' })
  evidence!: GateEvidence | null;
}

/** What `GET /models/{version}/trial` answers. */
export class TrialAnswer {
  @ApiProperty({ type: 'string', example: '20260101-120000-3fa1c2d4' })
  version!: string;

  @ApiProperty({
    type: 'string',
    example: '20251224-090000-77aa01be',
    description: 'The version that it is compared with.',
  })
  current!: string;

  @ApiProperty({
    enum: ['running', 'held', 'promoting', 'aborting', 'ending', 'promoted', 'aborted', 'ended'],
    description: 'Those that end in -ing are decided and being done; the last three are over.',
  })
  status!: string;

  @ApiProperty({
    ...PERCENT,
    description: 'Share of the requests that it is to answer, in per cent.',
  })
  percent!: number;

  @ApiProperty(AT)
  begun_at!: string;

  @ApiProperty({ ...AT, description: 'When its step began.' })
  since!: string;

  @ApiProperty({ type: 'integer', example: 1440, description: 'Looks that found something new.' })
  looks!: number;

  @ApiProperty({ ...AT, nullable: true })
  looked_at!: string | null;

  @ApiProperty({
    example: 'this step has 12,031 of 25,000 clicks',
    description: 'What the last look came to.',
  })
  words!: string;

  @ApiProperty({ type: GateOptionsRequest })
  gate!: GateOptions;

  @ApiProperty({ type: EvidenceAnswer, nullable: true, description: 'Null before the first look.' })
  evidence!: GateEvidence | null;

  @ApiProperty({
    type: [TrialEventAnswer],
    description: 'Oldest first, those of earlier trials of the version before; the latest hundred.',
  })
  history!: readonly TrialEventAnswer[];
}

/** A trial as it is told. */
export function trialAnswer(state: TrialState): TrialAnswer {
  const { version, current, status, begun_at, since, looks, looked_at, words } = state;
  const { options: gate, evidence, history } = state;
  const told = (at: number) => new Date(at).toISOString();
  return {
    ...{ version, current, status, percent: percentOf(state) },
    ...{ begun_at: told(begun_at), since: told(since), looks },
    looked_at: looked_at === null ? null : told(looked_at),
    ...{ words, gate, evidence },
    history: history.map((event) => ({ ...event, at: told(event.at) })),
  };
}

class TriedVersionAnswer {
  @ApiProperty({ type: 'string', example: '20260101-120000-3fa1c2d4' })
  version!: string;

  @ApiProperty({ ...AT, description: 'When the latest of its trials began.' })
  begun_at!: string;

  @ApiProperty({ type: 'boolean', example: false, description: 'Whether that one is over.' })
  is_over!: boolean;
}

/** What `GET /models/trials` answers. */
export class TrialsAnswer {
  @ApiProperty({ type: [TriedVersionAnswer], description: 'The latest first; a hundred at most.' })
  trials!: TriedVersionAnswer[];
}

export function trialsAnswer(tried: readonly TriedVersion[]): TrialsAnswer {
  const told = (at: number) => new Date(at).toISOString();
  return { trials: tried.map((trial) => ({ ...trial, begun_at: told(trial.begun_at) })) };
}
