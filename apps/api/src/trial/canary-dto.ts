import type { Trial } from '@adscale/ctr';
import { gateDefaults, type GateOptions, readGateOptions } from '@adscale/monitor';
import type { PipeTransform } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional, getSchemaPath } from '@nestjs/swagger';
import { readTrial, wrongField } from '../model/models-dto.js';
import { type FieldError, ProblemError } from '../problem/problem.js';
import type { GatedCanary } from './trials.js';

const defaultOf = (option: keyof GateOptions) =>
  `Default: ${[gateDefaults[option]].flat().join(', ')}.`;

/** How a gate judges, as `PUT /models/canary` takes it and `GET /models/{version}/trial` tells it. */
export class GateOptionsRequest implements Partial<GateOptions> {
  @ApiPropertyOptional({
    type: [Number],
    example: [1, 5, 25, 100],
    description: `Per cent of the requests, step after step; the last is 100. ${defaultOf('steps')}`,
  })
  steps?: readonly number[];

  @ApiPropertyOptional({
    type: 'number',
    example: 0.05,
    description: `How often a canary that is no worse may be aborted, over the whole trial. ${defaultOf('alpha')}`,
  })
  alpha?: number;

  @ApiPropertyOptional({
    type: 'number',
    example: 0.03,
    description: `By how much clicks may miss what the canary expects, overall and in a segment. ${defaultOf('tolerance')}`,
  })
  tolerance?: number;

  @ApiPropertyOptional({
    type: 'number',
    example: 0.002,
    description: `By how much its normalised entropy may be above the current model's, as a fraction. ${defaultOf('entropy_tolerance')}`,
  })
  entropy_tolerance?: number;

  @ApiPropertyOptional({
    type: 'integer',
    example: 25_000,
    description: `Clicks of all traffic that a step takes at least. ${defaultOf('least_clicks')}`,
  })
  least_clicks?: number;

  @ApiPropertyOptional({
    type: 'integer',
    example: 100,
    description: `Requests to /predict_ctr that the canary answers in a step at least: others are not shared with it. 0 where only batches or streams are asked for. ${defaultOf('least_answers')}`,
  })
  least_answers?: number;

  @ApiPropertyOptional({
    type: 'number',
    example: 24,
    description: `Hours that a step takes at least. ${defaultOf('least_hours')}`,
  })
  least_hours?: number;

  @ApiPropertyOptional({
    type: 'number',
    example: 5,
    description: `An answer that takes longer than so many milliseconds is a slow one. ${defaultOf('slow_ms')}`,
  })
  slow_ms?: number;
}

/** What `PUT /models/canary` takes. */
export class CanaryRequest {
  @ApiProperty({ type: 'string', example: '20260101-120000-3fa1c2d4' })
  version!: string;

  @ApiPropertyOptional({
    type: 'number',
    maximum: 100,
    example: 5,
    description:
      'Share of the requests, in per cent: above 0. With a gate, the step to begin with; if left out the first, or where a trial that is just so has come to.',
    // A number since OpenAPI 3.1; the library's types are still those of 3.0, a boolean.
    ...({ exclusiveMinimum: 0 } as object),
  })
  percent?: number;

  @ApiPropertyOptional({
    oneOf: [{ type: 'boolean' }, { $ref: getSchemaPath(GateOptionsRequest) }],
    description:
      'Whether the canary grows by itself while outcomes speak for it, and goes back when they speak against it; how.',
  })
  gate?: boolean | GateOptionsRequest;
}

/** A canary as it was asked for. */
export type WantedCanary =
  | { readonly kind: 'plain'; readonly trial: Trial }
  | { readonly kind: 'gated'; readonly canary: GatedCanary };

/** Lets the body through as it was sent: nothing is converted. */
export class CanaryPipe implements PipeTransform<unknown, WantedCanary> {
  /** @throws ProblemError INVALID_TRIAL with an entry for every wrong field */
  transform(body: unknown): WantedCanary {
    const { request, errors } = readTrial(body, ['gate']);
    const gate = (body as { readonly gate?: unknown } | null)?.gate ?? false;
    if (gate === false) {
      refuse(errors);
      const { version, percent } = request;
      return { kind: 'plain', trial: { version, percent } };
    }
    const read = readGateOptions(gate);
    // Without a percentage it begins with the first step.
    const others = errors.filter(
      ({ field }) => field !== 'percent' || request.percent !== undefined,
    );
    if ('problems' in read) {
      refuse([
        ...others,
        ...read.problems.map(({ field, value, rule }) => wrongField(field, value, rule)),
      ]);
      throw new Error('unreachable: a refusal without errors');
    }
    const { options } = read;
    const { percent } = request;
    const step = percent === undefined ? undefined : options.steps.indexOf(percent);
    if (step === -1 && !others.some(({ field }) => field === 'percent')) {
      const rule = `one of the steps ${options.steps.join(', ')}`;
      others.push(wrongField('percent', percent, rule));
    }
    refuse(others);
    return { kind: 'gated', canary: { version: request.version, step, options } };
  }
}

function refuse(errors: readonly FieldError[]): void {
  if (errors.length > 0) throw new ProblemError('INVALID_TRIAL', { errors: [...errors] });
}
