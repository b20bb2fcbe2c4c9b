import type { TierFigures } from './figures.js';

/**
 * A store behind the one in memory, shared by processes. It may be slow, empty or gone: `get` then
 * says undefined, within a bound, and nothing here ever throws or rejects.
 */
export interface SecondTier<V> {
  /** The value of `name`, or undefined when it is unknown or cannot be had in time. */
  get(name: string): Promise<V | undefined>;
  /** Sends a value to be kept; not waited for, and nobody learns whether it was. */
  set(name: string, value: V): void;
  /** What the tier did so far. */
  figures(): TierFigures;
  /** Lets go of the connection; resolves when nothing is open any more. */
  close(): Promise<void>;
}
