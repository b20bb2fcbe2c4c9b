import { applyDecorators } from '@nestjs/common';
import { ApiQuery } from '@nestjs/swagger';
import { DETAIL_RULES } from '../record/query.js';

/** Documents the query that `readDetailQuery` reads. */
export function ApiDetailQuery(): MethodDecorator {
  return applyDecorators(
    ApiQuery({
      name: 'interval',
      required: false,
      // Numbers since OpenAPI 3.1; the library's types are still those of 3.0, booleans.
      schema: { type: 'number', exclusiveMinimum: 0, exclusiveMaximum: 1 } as object,
      description:
        `Adds interval, which holds the CTR that will be observed over the record's impressions ` +
        `as often as this says: ${DETAIL_RULES.interval}.`,
    }),
    ApiQuery({
      name: 'explain',
      required: false,
      schema: { type: 'boolean' },
      description: 'Adds explanation: how much each feature moves the prediction.',
    }),
  );
}
