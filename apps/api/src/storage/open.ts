import type { Logger } from 'pino';
import { Store } from '../store/store.js';
import type { ServiceStore } from './queries.js';

/** As built, also where this file is a source: a thread runs files, and sources are none. */
const THREAD = new URL('../../dist/storage/thread.js', import.meta.url);

/**
 * Opens the store of the service; see `Store.open`.
 * @param maxBytes most bytes of a file; 0: any number
 */
export function openStore(url: string, logger: Logger, maxBytes = 0): ServiceStore {
  return Store.open(url, THREAD, logger, maxBytes);
}
