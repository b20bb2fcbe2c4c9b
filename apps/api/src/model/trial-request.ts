import type { PipeTransform } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { IsNumber, IsString, Max, ValidateBy, validateSync } from 'class-validator';
import { type FieldError, ProblemError, type ProblemOccurrence } from '../problem/problem.js';
import type { Trial } from './rollout.js';

const VERSION = { message: 'the name of a version that GET /models lists' };
const PERCENT = { message: 'a number above 0 and at most 100' };

const isAboveZero = (value: unknown) => typeof value === 'number' && value > 0;

/** What `PUT /models/canary` and `PUT /models/shadow` take. */
export class TrialRequest implements Trial {
  @IsString(VERSION)
  @ApiProperty({ type: 'string', example: '20260101-120000-3fa1c2d4' })
  version!: string;

  @IsNumber({}, PERCENT)
  @Max(100, PERCENT)
  @ValidateBy({ name: 'aboveZero', validator: { validate: isAboveZero } }, PERCENT)
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

/** Lets the body of a trial through as it was sent: nothing is converted. */
export class TrialPipe implements PipeTransform<unknown, Trial> {
  /** @throws ProblemError INVALID_TRIAL with an entry for every wrong field */
  transform(body: unknown): Trial {
    const given = Object.entries(isObject(body) ? body : {});
    const known = given.filter(([name]) => FIELDS.includes(name));
    const request = Object.assign(new TrialRequest(), Object.fromEntries(known));
    const wrong = validateSync(request, { forbidUnknownValues: true, stopAtFirstError: true });
    const errors = wrong.map(({ property, value, constraints }) => {
      return wrongField(property, value, Object.values(constraints ?? {})[0]);
    });
    if (known.length < given.length) errors.push(UNKNOWN_FIELD);
    if (errors.length > 0) throw new ProblemError('INVALID_TRIAL', { errors });
    return { version: request.version, percent: request.percent };
  }
}

/** What the pipe says of an empty body: for the documentation, in its own words. */
export function trialRefusal(): ProblemOccurrence {
  try {
    new TrialPipe().transform({});
  } catch (error) {
    if (error instanceof ProblemError) return error.occurrence;
    throw error;
  }
  return {};
}

const UNKNOWN_FIELD: FieldError = {
  field: '(body)',
  rule: `no field but ${FIELDS.join(', ')}`,
  message: `the body has another field; there is no field but ${FIELDS.join(', ')}`,
};

function isObject(body: unknown): body is object {
  return typeof body === 'object' && body !== null && !Array.isArray(body);
}

/** Repeats a number, but no text: it could be of any length and hold anything. */
function wrongField(field: string, value: unknown, rule: string): FieldError {
  if (value === undefined) {
    return { field, rule, message: `${field} is missing; it must be ${rule}` };
  }
  if (typeof value !== 'number') return { field, rule, message: `${field} must be ${rule}` };
  return { field, value, rule, message: `${field} is ${value}; it must be ${rule}` };
}
