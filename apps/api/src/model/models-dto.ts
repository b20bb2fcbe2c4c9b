import { fieldProblem, shortened, type Trial } from '@adscale/ctr';
import type { PipeTransform } from '@nestjs/common';
import { ApiProperty, type ApiResponseOptions } from '@nestjs/swagger';
import { IsNumber, IsString, Max, ValidateBy, validateSync } from 'class-validator';
import { type FieldError, ProblemError, type ProblemOccurrence } from '../problem/problem.js';

const VERSION = '20260101-120000-3fa1c2d4';
const OLDER = '20251224-090000-77aa01be';

class TriedAnswer {
  @ApiProperty({ type: 'string', example: VERSION })
  version!: string;

  @ApiProperty({ type: 'number', example: 5, description: 'Share of the requests, in per cent.' })
  percent!: number;
}

class MetricsAnswer {
  @ApiProperty({ type: 'integer', example: 2000, description: 'Rows that judged the model.' })
  rows!: number;

  @ApiProperty({ type: 'number', example: 0.93, description: 'R², rows weighted by impressions.' })
  r2!: number;

  @ApiProperty({
    type: 'number',
    example: 0.91,
    description: 'Below 1 is better than the average.',
  })
  normalised_entropy!: number;

  @ApiProperty({ type: 'number', example: 1.002, description: 'Predicted over observed clicks.' })
  calibration_ratio!: number;
}

/** One version, as `GET /models` lists it. */
export class VersionAnswer {
  @ApiProperty({ type: 'string', example: VERSION })
  version!: string;

  @ApiProperty({ type: [String], example: ['spring'], description: 'Names that people gave it.' })
  tags!: string[];

  @ApiProperty({ type: 'string', nullable: true, example: '2026-01-01T12:00:00.000Z' })
  created_at!: string | null;

  @ApiProperty({
    type: 'string',
    nullable: true,
    example: '3fa1c2d4e5f60718293a4b5c6d7e8f90123456789abcdef0123456789abcdef0',
    description: 'SHA-256 of the model file; null until it is loaded here.',
  })
  digest!: string | null;

  @ApiProperty({ type: MetricsAnswer, nullable: true, description: 'On rows that no tree saw.' })
  metrics!: MetricsAnswer | null;

  @ApiProperty({ type: 'boolean', example: true, description: 'In memory here, ready to answer.' })
  loaded!: boolean;

  @ApiProperty({
    type: 'string',
    enum: ['current', 'canary', 'shadow'],
    isArray: true,
    example: ['current'],
    description: 'What it does here now.',
  })
  roles!: string[];

  @ApiProperty({
    type: 'string',
    nullable: true,
    example: null,
    description: 'Why it was refused when it was last to be served; null when it was not.',
  })
  refused!: string | null;
}

/** What is served and tried now; what every change of it answers. */
export class RolloutAnswer {
  @ApiProperty({
    type: 'string',
    nullable: true,
    example: VERSION,
    description: 'The version that answers here; null when none is loaded.',
  })
  serving!: string | null;

  @ApiProperty({
    type: 'string',
    nullable: true,
    example: VERSION,
    description:
      'The version that the registry wants served: another one than `serving` if refused.',
  })
  current!: string | null;

  @ApiProperty({
    type: 'string',
    nullable: true,
    example: OLDER,
    description: 'The version that `POST /models/rollback` goes back to.',
  })
  previous!: string | null;

  @ApiProperty({ type: TriedAnswer, nullable: true, description: 'Answers its share of requests.' })
  canary!: Trial | null;

  @ApiProperty({ type: TriedAnswer, nullable: true, description: 'Is compared with the answers.' })
  shadow!: Trial | null;
}

/** A process of the service, and what it serves. */
export class ReplicaAnswer {
  @ApiProperty({ type: 'string', example: 'api-1', description: 'Name of the machine.' })
  host!: string;

  @ApiProperty({ type: 'integer', example: 4711 })
  pid!: number;

  @ApiProperty({
    type: 'string',
    nullable: true,
    example: VERSION,
    description: 'The version that answers there; null when none is loaded.',
  })
  serving!: string | null;
}

/** What `GET /models` answers. */
export class ModelsAnswer extends RolloutAnswer {
  @ApiProperty({ type: [VersionAnswer], description: 'Newest first.' })
  versions!: VersionAnswer[];

  @ApiProperty({
    type: [ReplicaAnswer],
    description:
      'The processes that serve: workers of this machine and, where replicas share a Valkey, theirs, as of a second ago.',
  })
  replicas!: ReplicaAnswer[];
}

/** Documents the header that names the model of an answer. */
export const versionHeader: ApiResponseOptions['headers'] = {
  'x-model-version': {
    description: 'Version of the model that answered.',
    schema: { type: 'string' },
  },
};

const VERSION_RULE = { message: 'the name of a version that GET /models lists' };
const PERCENT_RULE = { message: 'a number above 0 and at most 100' };

const isAboveZero = (value: unknown) => typeof value === 'number' && value > 0;

/** What `PUT /models/canary` and `PUT /models/shadow` take. */
export class TrialRequest implements Trial {
  @IsString(VERSION_RULE)
  @ApiProperty({ type: 'string', example: VERSION })
  version!: string;

  @IsNumber({}, PERCENT_RULE)
  @Max(100, PERCENT_RULE)
  @ValidateBy({ name: 'aboveZero', validator: { validate: isAboveZero } }, PERCENT_RULE)
  @ApiProperty({
    type: 'number',
    maximum: 100,
    example: 5,
    description: 'Share of the requests, in per cent: above 0.',
    // A number since OpenAPI 3.1; the library's types are still those of 3.0, a boolean.
    ...({ exclusiveMinimum: 0 } as object),
  })
  percent!: number;
}

const FIELDS: readonly string[] = ['version', 'percent'] satisfies (keyof Trial)[];

/**
 * Reads a body that holds a trial, as it was sent: nothing is converted.
 * @param more names of further fields that it may have
 * @returns an entry in `errors` for every wrong field
 */
export function readTrial(
  body: unknown,
  more: readonly string[] = [],
): { readonly request: TrialRequest; readonly errors: FieldError[] } {
  const given = Object.entries(isObject(body) ? body : {});
  const known = given.filter(([name]) => FIELDS.includes(name));
  const request = Object.assign(new TrialRequest(), Object.fromEntries(known));
  const wrong = validateSync(request, { forbidUnknownValues: true, stopAtFirstError: true });
  const errors = wrong.map(({ property, value, constraints }) => {
    return wrongField(property, value, Object.values(constraints ?? {})[0]);
  });
  const fields = [...FIELDS, ...more];
  if (given.some(([name]) => !fields.includes(name))) errors.push(unknownField(fields));
  return { request, errors };
}

/** Lets the body of a trial through as it was sent: nothing is converted. */
export class TrialPipe implements PipeTransform<unknown, Trial> {
  /** @throws ProblemError INVALID_TRIAL with an entry for every wrong field */
  transform(body: unknown): Trial {
    const { request, errors } = readTrial(body);
    if (errors.length > 0) throw new ProblemError('INVALID_TRIAL', { errors });
    return { version: request.version, percent: request.percent };
  }
}

/** What an empty body is refused with, as an example in the documentation. */
export function trialRefusal(): ProblemOccurrence {
  try {
    new TrialPipe().transform({});
  } catch (error) {
    if (error instanceof ProblemError) return error.occurrence;
    throw error;
  }
  return {};
}

function unknownField(fields: readonly string[]): FieldError {
  const rule = `no field but ${fields.join(', ')}`;
  return { field: '(body)', rule, message: `the body has another field; there is ${rule}` };
}

function isObject(body: unknown): body is object {
  return typeof body === 'object' && body !== null && !Array.isArray(body);
}

/** A message repeats what was got, but no more than the beginning: it may be of any length. */
export function wrongField(field: string, value: unknown, rule: string): FieldError {
  const name = shortened(field);
  if (!Array.isArray(value)) return fieldProblem(name, value, rule);
  const got = shortened(JSON.stringify(value));
  return { field: name, value: got, rule, message: `${name} is ${got}; it must be ${rule}` };
}
