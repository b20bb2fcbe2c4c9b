import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { type Job, JOB_KINDS, JOB_STATES, type JobKind, type JobState } from './jobs.js';
import { jobOptions } from './options.js';
import type { Room, ToldJob } from './training.js';
import type { StoredFile } from './uploads.js';

const FILE_ID = 'mfz1k2p0-3fa1c2d4e5f6';
export const JOB_ID = 'mfz1k3q8-77aa01be9c0d';
const MOMENT = '2026-03-02T10:00:00.000Z';

/** A file as it is told of. */
export class FileAnswer implements StoredFile {
  @ApiProperty({ example: FILE_ID })
  id!: string;

  @ApiProperty({ example: 'campaigns.csv', description: 'What its sender calls it.' })
  name!: string;

  @ApiProperty({ type: 'integer', example: 1_250_000 })
  bytes!: number;

  @ApiProperty({
    example: '3fa1c2d4e5f60718293a4b5c6d7e8f90123456789abcdef0123456789abcdef0',
    description: 'SHA-256 of its bytes.',
  })
  sha256!: string;

  @ApiProperty({ format: 'date-time', example: MOMENT })
  uploaded_at!: string;
}

class RoomAnswer implements Room {
  @ApiProperty({ type: 'integer', description: 'What all files take.' })
  used_bytes!: number;

  @ApiProperty({ type: 'integer', description: 'What they may take: UPLOAD_TOTAL_BYTES.' })
  total_bytes!: number;

  @ApiProperty({ type: 'integer', description: 'What one may take: UPLOAD_LIMIT_BYTES.' })
  file_bytes!: number;
}

export class FilesAnswer {
  @ApiProperty({ type: [FileAnswer], description: 'The newest first.' })
  files!: FileAnswer[];

  @ApiProperty({ type: RoomAnswer })
  room!: RoomAnswer;
}

class JobFile {
  @ApiProperty({ example: FILE_ID })
  id!: string;

  @ApiProperty({ example: 'campaigns.csv' })
  name!: string;
}

/** A job as a list tells it. */
export class JobAnswer implements Job {
  @ApiProperty({ example: JOB_ID })
  id!: string;

  @ApiProperty({ enum: JOB_KINDS })
  kind!: JobKind;

  @ApiProperty({ type: JobFile })
  file!: JobFile;

  @ApiProperty({ type: 'object', additionalProperties: true, description: 'As they were given.' })
  options!: Record<string, unknown>;

  @ApiProperty({ description: 'Whether it was given a mapping.' })
  mapped!: boolean;

  @ApiProperty({ enum: JOB_STATES, description: '`lost`: the service ended while it ran.' })
  state!: JobState;

  @ApiProperty({ type: 'number', minimum: 0, maximum: 1, example: 0.42 })
  progress!: number;

  @ApiProperty({ example: 'grow: 12 of 100 trees', description: 'What is being done, in words.' })
  doing!: string;

  @ApiProperty({ type: [String], description: 'What the trainer said, the last lines.' })
  log!: readonly string[];

  @ApiProperty({ type: 'string', nullable: true, example: null, description: 'Why it failed.' })
  error!: string | null;

  @ApiProperty({ format: 'date-time', example: MOMENT })
  created_at!: string;

  @ApiProperty({ type: 'string', format: 'date-time', nullable: true, example: MOMENT })
  started_at!: string | null;

  @ApiProperty({ type: 'string', format: 'date-time', nullable: true, example: null })
  finished_at!: string | null;
}

/** A job with what came of it. */
export class ToldJobAnswer extends JobAnswer implements ToldJob {
  @ApiProperty({ type: 'integer', nullable: true, description: 'How many jobs are before it.' })
  ahead!: number | null;

  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    nullable: true,
    description:
      'Of inspect: what `adscale inspect --json` prints. Of train: the version, its figures on held-out rows (`held_out`), its parameters and what became of the rows (`data`). Null until it has succeeded.',
  })
  result!: unknown;
}

export class JobsAnswer {
  @ApiProperty({ type: [JobAnswer], description: 'The newest first, 100 at most.' })
  jobs!: JobAnswer[];
}

const optionSchemas = Object.entries(jobOptions).map(([name, { schema, meaning, kinds }]) => {
  const only = kinds.length === 1 ? ` Only of ${kinds[0]}.` : '';
  return [name, { ...schema, description: `${meaning}${only}` }] as const;
});

/** What `POST /training/jobs` takes. */
export class JobRequest {
  @ApiProperty({ enum: JOB_KINDS, description: 'Look at a file, or train a model on it.' })
  kind!: JobKind;

  @ApiProperty({ example: FILE_ID, description: 'Id of a file.' })
  file!: string;

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: false,
    properties: {
      ...Object.fromEntries(optionSchemas),
      mapping: {
        type: 'object',
        additionalProperties: true,
        description:
          'What the columns mean, as inspect drafts it; the trainer checks it. Only of train. Default: its own guess.',
      },
    },
    example: { trees: 100 },
  })
  options?: Record<string, unknown>;
}

export const jobExamples = {
  inspect: { summary: 'Look at a file.', value: { kind: 'inspect', file: FILE_ID } },
  train: {
    summary: 'Train on it.',
    value: { kind: 'train', file: FILE_ID, options: { trees: 100, seed: 42 } },
  },
};
