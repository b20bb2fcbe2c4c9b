import { applyDecorators } from '@nestjs/common';
import { ApiQuery } from '@nestjs/swagger';
import { type Parameter, readQuery } from '../record/query.js';

/** What a client wants to know beside the prediction. */
export interface DetailQuery {
  /** The share of observed CTRs that the interval is to hold, in (0, 1). */
  readonly interval?: number;
  /** Impressions that the CTR will be observed over; the record's own if absent. */
  readonly exposure?: number;
  readonly explain?: boolean;
}

const LEVEL = /^0?\.\d{1,15}$/;

const interval: Parameter<number> = {
  rule: 'a level above 0 and below 1, in plain decimals such as 0.9',
  parse: (text) => (LEVEL.test(text) && Number(text) > 0 ? Number(text) : undefined),
};

const exposure: Parameter<number> = {
  rule: 'a whole number of impressions, at least 1, beside interval',
  parse: (text) => (/^[1-9]\d{0,14}$/.test(text) ? Number(text) : undefined),
};

const explain: Parameter<boolean> = {
  rule: 'true or false',
  parse: (text) => (text === 'true' || text === 'false' ? text === 'true' : undefined),
};

/**
 * Reads the query of a prediction.
 * @throws ProblemError INVALID_QUERY naming every parameter that is wrong or unknown
 */
export function readDetailQuery(query: unknown): DetailQuery {
  const isAsked = (query as { interval?: unknown } | undefined)?.interval !== undefined;
  // Alone it would say nothing.
  const over = isAsked ? exposure : { ...exposure, parse: () => undefined };
  return readQuery(query, { interval, exposure: over, explain });
}

/** Documents the query that `readDetailQuery` reads. */
export function ApiDetailQuery(): MethodDecorator {
  return applyDecorators(
    ApiQuery({
      name: 'interval',
      required: false,
      // Numbers since OpenAPI 3.1; the library's types are still those of 3.0, booleans.
      schema: { type: 'number', exclusiveMinimum: 0, exclusiveMaximum: 1 } as object,
      description:
        `Adds interval, which holds the CTR that will be observed over the record's impressions, ` +
        `or over those of exposure, as often as this says: ${interval.rule}.`,
    }),
    ApiQuery({
      name: 'exposure',
      required: false,
      schema: { type: 'integer', minimum: 1 },
      description: `Impressions of the interval: ${exposure.rule}. Default: the record's own.`,
    }),
    ApiQuery({
      name: 'explain',
      required: false,
      schema: { type: 'boolean' },
      description: 'Adds explanation: how much each feature moves the prediction.',
    }),
  );
}
