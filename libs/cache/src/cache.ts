import { type Counts, ModelCells, type Shared } from './cells.js';
import { CacheError, checkWhole } from './errors.js';
import { DistinctSketch } from './measure/distinct.js';
import type { CacheSnapshot } from './measure/snapshot.js';
import { TimeSamples } from './measure/timing.js';
import type { StoreLimits } from './store/s3-fifo.js';
import { bytesOf } from './store/sizing.js';
import { emptyTier, type SecondTier } from './tier/second-tier.js';

/** How much a cache holds and for how long. Each limit applies to each model by itself. */
export interface CacheOptions<V = unknown> {
  /** Most entries held for one model; 0 holds nothing. A whole number. */
  readonly entries: number;
  /** Age in milliseconds at which an entry is no longer served; 0 never. A whole number. */
  readonly ttlMs: number;
  /** Most bytes held for one model, a whole number; 0, the default, sets no such bound. */
  readonly bytes?: number;
  /** Bytes of a value, a number from 0. Default: `bytesOf`, an estimate by looking through it. */
  readonly sizeOf?: (value: V) => number;
  /** A clock in milliseconds, for tests. Default: the process's monotonic clock. */
  readonly now?: () => number;
  /** One lookup in so many is timed, a whole number; 1 times all, 0 none. Default: 256. */
  readonly sampleEvery?: number;
  /** A clock in milliseconds with a fraction, for tests. Default: `performance.now`. */
  readonly stopwatch?: () => number;
}

/** What a cache can be told about a model. */
export interface ModelOptions {
  /**
   * How many cells the model numbers from 0, when every key is such a number: 1 to 2^28. Answers are
   * then found in an array by cell, 4 bytes a cell, instead of a hash table. The limits of the cache
   * hold all the same; with at least as many `entries` as cells, no answer is ever pushed out. An
   * array that would take more than half of `bytes` is not made.
   */
  readonly cells?: number;
}

const MOST_CELLS = 2 ** 28;

/**
 * Predictions by cell, kept apart by model.
 *
 * ```
 * forModel(digest A) ──▶ cells of A: cell ──▶ answer ─┐
 * forModel(digest B) ──▶ cells of B: cell ──▶ answer ─┴─▶ second tier: MD5(digest, cell) ──▶ answer
 * ```
 * A service keeps a model and its cells together in one object, so that the two cannot be mixed up
 * while models are switched.
 */
export class PredictionCache<V extends NonNullable<unknown>> {
  private readonly limits: StoreLimits<V>;
  private readonly shared: Shared<V>;
  private readonly models = new Map<string, ModelCells<V>>();

  /**
   * @param tier where `getOrCompute` looks before it computes; the cache does not close it
   * @throws CacheError OPTION_INVALID naming the option that is no whole number from 0
   */
  constructor(options: CacheOptions<V>, tier?: SecondTier<V>) {
    const { entries, ttlMs, bytes = 0, sizeOf = bytesOf, now = coarseClock() } = options;
    const { sampleEvery = 256, stopwatch = () => performance.now() } = options;
    for (const [name, value] of Object.entries({ entries, ttlMs, bytes, sampleEvery })) {
      checkWhole(name, value);
    }
    this.limits = { entries, ttlMs, bytes: bytes === 0 ? Infinity : bytes, sizeOf, now };
    this.shared = {
      counts: emptyCounts(),
      samples: new TimeSamples(sampleEvery, stopwatch),
      requests: new DistinctSketch(),
      tier,
    };
  }

  /**
   * The cells of the model with this digest. The first call makes them, without answers; later calls
   * give the same ones.
   * @param options used by the first call only
   * @throws CacheError KEY_INVALID when the digest is empty, OPTION_INVALID when `cells` is out of
   *   range
   */
  forModel(modelDigest: string, { cells: count }: ModelOptions = {}): ModelCells<V> {
    if (count !== undefined) checkWhole('cells', count, 1, MOST_CELLS);
    const known = this.models.get(modelDigest);
    if (known !== undefined) return known;
    if (modelDigest === '') throw new CacheError('KEY_INVALID', 'modelDigest must not be empty');
    const cells = new ModelCells<V>(modelDigest, this.limits, this.shared, count);
    this.models.set(modelDigest, cells);
    return cells;
  }

  /**
   * Forgets the answers of all models but these. What the second tier holds of the others stays
   * there until it is too old.
   */
  retain(...modelDigests: string[]): void {
    for (const digest of this.models.keys()) {
      if (!modelDigests.includes(digest)) this.models.delete(digest);
    }
  }

  /** What the cache counted so far, over all models. The copy never changes. */
  snapshot(): CacheSnapshot {
    const { counts, samples, requests, tier } = this.shared;
    let size = 0;
    let bytes = 0;
    for (const cells of this.models.values()) {
      size += cells.size;
      bytes += cells.bytes;
    }
    return Object.freeze({
      ...counts,
      size,
      bytes,
      lookupTime: samples.lookups.read(),
      storeTime: samples.stores.read(),
      computeTime: samples.computations.read(),
      requests: requests.snapshot(),
      tier: tier?.snapshot() ?? emptyTier,
    });
  }
}

function emptyCounts(): Counts {
  return { hits: 0, misses: 0, stores: 0, shared: 0, evictions: 0, refused: 0, expired: 0 };
}

/**
 * A monotonic clock in milliseconds that looks at the real one at most once a millisecond, because
 * every lookup compares an age and reading the real clock costs as much as the lookup. It stands
 * still while the event loop is blocked. Its timer does not keep the process alive.
 */
export function coarseClock(): () => number {
  let time = 0;
  let fresh = false;
  const expire = () => {
    fresh = false;
  };
  return () => {
    if (!fresh) {
      time = performance.now();
      fresh = true;
      setTimeout(expire, 1).unref();
    }
    return time;
  };
}
