import type { Schema } from '@adscale/forest';
import type { PipeTransform, Type } from '@nestjs/common';
import { validateSync } from 'class-validator';
import type { FeatureValues } from '../model/schema.js';
import { type FieldError, ProblemError, type ProblemOccurrence } from '../problem/problem.js';
import { type Predicate, compilePredicate } from '../predict/compiled-predicate.js';
import { ruleOf } from '../predict/rule.js';

const MAX_ERRORS = 20;
const MAX_SHOWN = 64;

/** Where an error is said to be when it is the body as a whole that is wrong. */
export const WHOLE_BODY = '(body)';

/**
 * Lets a request body through when it is a valid instance of the DTO, unchanged: nothing is
 * converted, so "5000" is not a number.
 *
 * The DTO's class-validator decorators are the one definition. Compiled, they let valid bodies
 * through at once; class-validator itself judges the rest and says what is wrong.
 */
export class RecordPipe implements PipeTransform<unknown, FeatureValues> {
  private readonly rules: ReadonlyMap<string, string>;
  private readonly isValid: Predicate;

  constructor(
    schema: Schema,
    /** The class of the requests that are valid. */
    readonly Dto: Type<FeatureValues>,
  ) {
    this.rules = new Map(schema.features.map((feature) => [feature.name, ruleOf(feature)]));
    this.isValid = compilePredicate(Dto) ?? (() => false);
  }

  /** @throws ProblemError INVALID_RECORD with an entry for every wrong field, up to 20 */
  transform(body: unknown): FeatureValues {
    if (typeof body !== 'object' || body === null || Array.isArray(body)) {
      const rule = `a JSON object with the fields ${[...this.rules.keys()].join(', ')}`;
      throw invalid([fieldError(WHOLE_BODY, body, rule)]);
    }
    return this.isValid(body) ? (body as FeatureValues) : this.judged(body);
  }

  /** What class-validator says of a body that the compiled predicate did not let through. */
  private judged(body: object): FeatureValues {
    const record = new this.Dto();
    for (const name of this.rules.keys()) {
      if (Object.hasOwn(body, name)) record[name] = (body as FeatureValues)[name];
    }
    const errors = [...this.wrongFields(record), ...this.unknownFields(body)];
    if (errors.length > 0) throw invalid(errors);
    return record;
  }

  private wrongFields(record: FeatureValues): FieldError[] {
    const errors = validateSync(record, { forbidUnknownValues: true, stopAtFirstError: true });
    return errors.map(({ property, value, constraints }) =>
      fieldError(property, value, Object.values(constraints ?? {})[0] ?? 'a valid value'),
    );
  }

  /**
   * class-validator's own whitelist looks names up in a plain object, where `constructor` and
   * `hasOwnProperty` are found and so let through.
   */
  private unknownFields(body: object): FieldError[] {
    const unknown = Object.keys(body).filter((name) => !this.rules.has(name));
    const rule = `no field but ${[...this.rules.keys()].join(', ')}`;
    return unknown.slice(0, MAX_ERRORS + 1).map((name) => ({
      field: shortened(name),
      value: shown((body as Record<string, unknown>)[name]),
      rule,
      message: `${shortened(name)} is not a field of this model; there is ${rule}`,
    }));
  }
}

/** What the pipe says of an empty record: for the documentation, in its own words. */
export function refusalOf(pipe: RecordPipe): ProblemOccurrence {
  try {
    pipe.transform({});
  } catch (error) {
    if (error instanceof ProblemError) return error.occurrence;
    throw error;
  }
  return {};
}

function fieldError(field: string, value: unknown, rule: string): FieldError {
  if (value === undefined)
    return { field, rule, message: `${field} is missing; it must be ${rule}` };
  const got = shown(value);
  return {
    field,
    value: got,
    rule,
    message: `${field} is ${JSON.stringify(got)}; it must be ${rule}`,
  };
}

function invalid(errors: readonly FieldError[]): ProblemError {
  const listed = errors.slice(0, MAX_ERRORS);
  const names = listed.map(({ field }) => field).join(', ');
  const more = errors.length > MAX_ERRORS ? ' and more' : '';
  return new ProblemError('INVALID_RECORD', { detail: `Wrong: ${names}${more}.`, errors: listed });
}

/** A value as an answer repeats it: short, flat, and something JSON can say. */
function shown(value: unknown): unknown {
  if (typeof value === 'string') return shortened(value);
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  if (Array.isArray(value)) return '(an array)';
  if (typeof value === 'object' && value !== null) return '(an object)';
  return value;
}

function shortened(text: string): string {
  return text.length <= MAX_SHOWN ? text : `${text.slice(0, MAX_SHOWN)}…`;
}
