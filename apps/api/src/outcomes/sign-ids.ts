import { randomBytes } from 'node:crypto';
import type { Logger } from 'pino';
import type { PredictionIds } from '../ids/prediction-ids.js';
import { StoreError } from '../store/errors.js';
import type { Store } from '../store/store.js';
import type { OutcomeQueries } from './queries.js';

const KEY_BYTES = 32;
/** Between attempts to get the key of a store that was open and cannot be used, in milliseconds. */
const PAUSE_MS = 1000;

/**
 * Has ids signed with the key that all processes of the service share: a random one, which the first of
 * them keeps in the store.
 */
export function signIds(
  ids: PredictionIds,
  store: Store<OutcomeQueries>,
  logger: Pick<Logger, 'error'>,
): void {
  const fresh = randomBytes(KEY_BYTES).toString('base64url');
  const sign = async (): Promise<void> => {
    try {
      ids.use(await store.run('sharedSetting', { name: 'prediction_key', fresh }));
    } catch (err) {
      // The store says itself that it cannot be used.
      if (!(err instanceof StoreError)) return logger.error({ err }, 'predictions have no ids');
      if (!store.isClosed) setTimeout(() => void sign(), PAUSE_MS).unref();
    }
  };
  store.onOpen(() => void (ids.isSigning || sign()));
}
