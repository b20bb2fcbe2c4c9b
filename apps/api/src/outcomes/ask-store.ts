import { ProblemError } from '../problem/problem.js';
import { StoreError } from '../store/errors.js';
import type { Queries, QueryArgs, QueryName, QueryResult } from '../store/query.js';
import type { Store } from '../store/store.js';

/** What is to be done where nothing was to be kept, or it is known that it was not. */
const ASK_AGAIN = 'Ask again later: nothing has changed.';

/**
 * Asks the store for a client.
 * @param store undefined where OUTCOMES_URL is off
 * @throws ProblemError OUTCOMES_OFF, OUTCOMES_UNAVAILABLE
 */
export async function askStore<Q extends Queries, N extends QueryName<Q>>(
  store: Pick<Store<Q>, 'run'> | undefined,
  name: N,
  args: QueryArgs<Q, N>,
): Promise<QueryResult<Q, N>> {
  if (store === undefined) throw new ProblemError('OUTCOMES_OFF');
  return askable(store.run(name, args));
}

/** What a store was asked. @throws ProblemError OUTCOMES_UNAVAILABLE where it cannot be used */
export function askable<T>(asked: Promise<T>): Promise<T> {
  return asked.catch((error: unknown) => refuseUnavailable(error));
}

/**
 * Tells a client that the store cannot be used; whatever else was thrown is thrown on.
 * @param advice what to do, in sentences
 * @throws ProblemError OUTCOMES_UNAVAILABLE for a StoreError
 */
export function refuseUnavailable(error: unknown, advice = ASK_AGAIN): never {
  if (!(error instanceof StoreError)) throw error;
  throw new ProblemError('OUTCOMES_UNAVAILABLE', {
    detail: `The database of OUTCOMES_URL cannot be used. ${advice}`.trim(),
    headers: { 'retry-after': '5' },
    cause: error,
  });
}
