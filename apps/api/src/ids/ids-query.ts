import { ApiQuery } from '@nestjs/swagger';
import { type Parameter, readQuery } from '../record/query.js';

const ids: Parameter<boolean> = {
  rule: 'true or false',
  parse: (text) => (text === 'true' || text === 'false' ? text === 'true' : undefined),
};

/**
 * Whether a query asks for the ids of many predictions.
 * @throws ProblemError INVALID_QUERY
 */
export function wantsIds(query: unknown): boolean {
  return readQuery<{ ids: boolean }>(query, { ids }).ids ?? false;
}

/** Documents the query that `wantsIds` reads. */
export function ApiIdsQuery(): MethodDecorator {
  return ApiQuery({
    name: 'ids',
    required: false,
    schema: { type: 'boolean' },
    description: 'Adds prediction_id to each prediction, to send its outcome with later.',
  });
}
