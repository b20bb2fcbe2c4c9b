import { LRUCache } from 'lru-cache';
import { CacheError } from './errors.js';
import type { CellKey } from './keys.js';

/** How much a cache holds and for how long. */
export interface CacheOptions {
  /** Most entries held for one model; 0 holds nothing. A whole number. */
  readonly entries: number;
  /** Age in milliseconds at which an entry is no longer served; 0 never. A whole number. */
  readonly ttlMs: number;
  /** A clock in milliseconds, for tests. Default: the process's monotonic clock. */
  readonly now?: () => number;
}

/** Hits and misses so far, shared by the cells of all models. */
export interface Tally {
  hits: number;
  misses: number;
}

/**
 * The cached answers of one model, least recently used out first. The model is not part of the key
 * because no other model's answers are ever in here: that is what makes a stale answer impossible.
 */
export class ModelCells<V extends NonNullable<unknown>> {
  private readonly entries: LRUCache<CellKey, V> | undefined;

  constructor(
    /** Digest of the model file that these answers come from. */
    readonly modelDigest: string,
    options: CacheOptions,
    private readonly tally: Tally,
  ) {
    checkWhole('entries', options.entries);
    checkWhole('ttlMs', options.ttlMs);
    const { entries: max, ttlMs: ttl, now } = options;
    if (max > 0) {
      // By default lru-cache reads its clock once a millisecond, by a timer; an injected clock is
      // read every time, or advancing it would not be noticed.
      const clock = now === undefined ? {} : { perf: { now }, ttlResolution: 0 };
      this.entries = new LRUCache({ max, ttl, ...clock });
    }
  }

  /** Entries held, expired ones included until they are looked up or pushed out. */
  get size(): number {
    return this.entries?.size ?? 0;
  }

  /** The answer of `cell`, or undefined when it is unknown or too old. */
  get(cell: CellKey): V | undefined {
    const value = this.entries?.get(cell);
    if (value === undefined) this.tally.misses++;
    else this.tally.hits++;
    return value;
  }

  /** Keeps the answer of `cell`. */
  set(cell: CellKey, value: V): void {
    this.entries?.set(cell, value);
  }
}

function checkWhole(name: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new CacheError('OPTION_INVALID', `${name} must be a whole number from 0, got ${value}`);
  }
}
