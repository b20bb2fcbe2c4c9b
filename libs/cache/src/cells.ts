import { hashKey, mix } from './keys/hash.js';
import { type CellKey, digestKey } from './keys/keys.js';
import type { DistinctSketch } from './measure/distinct.js';
import type { TimeSamples } from './measure/timing.js';
import { type Compute, SingleFlight } from './single-flight.js';
import { S3Fifo, type StoreLimits } from './store/s3-fifo.js';
import { indexFor } from './store/slot-index.js';
import type { SecondTier } from './tier/second-tier.js';

/** What one cache counted so far, over all models; see `CacheSnapshot` for each. */
export interface Counts {
  hits: number;
  misses: number;
  stores: number;
  shared: number;
  evictions: number;
  refused: number;
  expired: number;
}

/** What all models of one cache share. */
export interface Shared<V> {
  readonly counts: Counts;
  readonly samples: TimeSamples;
  readonly requests: DistinctSketch;
  readonly tier: SecondTier<V> | undefined;
}

/**
 * The cached answers of one model. Every model has cells of its own, so a key names a cell alone and
 * never finds the answer of another model. Models share the second tier: a key there names the model
 * as well.
 */
export class ModelCells<V extends NonNullable<unknown>> {
  private readonly entries: S3Fifo<V> | undefined;
  private readonly flights = new SingleFlight<V | undefined>();
  /** Mixed into the hash of each request, so that equal requests to two models count as two. */
  private readonly requestSalt: number;
  private untilSample: number;
  /** The last lookup, when it missed and the computation that follows is timed. */
  private timedMiss: { readonly cell: CellKey; readonly at: number } | undefined;

  /** Made by `PredictionCache.forModel`. */
  constructor(
    /** Digest of the model file that these answers come from. */
    readonly modelDigest: string,
    limits: StoreLimits<V>,
    private readonly shared: Shared<V>,
    cells: number | undefined,
  ) {
    if (limits.entries > 0) {
      this.entries = new S3Fifo(limits, shared.counts, indexFor(cells, limits.bytes));
    }
    this.requestSalt = hashKey(modelDigest);
    this.untilSample = shared.samples.nextGap();
  }

  /** Answers held. One that is too old counts until it is looked up or pushed out. */
  get size(): number {
    return this.entries?.size ?? 0;
  }

  /** About how many bytes the entries take, and the array of all cells where there is one. */
  get bytes(): number {
    return this.entries?.bytes ?? 0;
  }

  /**
   * The answer of `cell`, or undefined when it is unknown or too old. Allocates nothing.
   * @param requestHash `hashRow` of the request, when requests are to be counted: see
   *   `CacheWorth.exactKeyHitRate`
   * @throws CacheError KEY_INVALID when the model has numbered cells and `cell` is none of them
   */
  get(cell: CellKey, requestHash?: number): V | undefined {
    this.timedMiss = undefined;
    if (--this.untilSample <= 0) return this.timedGet(cell, requestHash);
    return this.lookUp(cell, requestHash);
  }

  /**
   * Keeps the answer of `cell`.
   * @throws CacheError SIZE_INVALID when `sizeOf` gives no number from 0; KEY_INVALID as `get`
   */
  set(cell: CellKey, value: V): void {
    const miss = this.timedMiss;
    if (miss === undefined || miss.cell !== cell) this.store(cell, value);
    else {
      const { samples } = this.shared;
      this.timedMiss = undefined;
      const before = samples.clock();
      samples.computations.add(before - miss.at);
      const start = samples.clock();
      this.store(cell, value);
      samples.stores.add(samples.clock() - start - (start - before));
    }
  }

  /**
   * Finds the answer of `cell` in memory, else in the second tier, else computes it. Callers that ask
   * for one cell at the same time share one search and one computation. Meant for answers that cost
   * more to make than a promise does; for others, use `get` and `set`.
   * @param compute makes the answer. When it fails, all callers that share it get its error. Neither
   *   an error nor undefined is kept.
   * @param signal ends the wait of this caller only, with the signal's reason
   */
  async getOrCompute<T extends V | undefined>(
    cell: CellKey,
    compute: Compute<T>,
    signal?: AbortSignal,
  ): Promise<V | T> {
    const known = this.get(cell);
    if (known !== undefined) return known;
    this.timedMiss = undefined;
    if (this.flights.has(cell)) this.shared.counts.shared++;
    const answer = await this.flights.run(cell, (gone) => this.obtain(cell, compute, gone), signal);
    return answer as V | T;
  }

  private async obtain<T extends V | undefined>(
    cell: CellKey,
    compute: Compute<T>,
    gone: AbortSignal,
  ): Promise<V | undefined> {
    const { tier, samples } = this.shared;
    const name = tier === undefined ? '' : digestKey(this.modelDigest, cell);
    const remembered = await tier?.get(name);
    if (remembered !== undefined) {
      this.store(cell, remembered);
      return remembered;
    }
    const start = samples.clock();
    const value = await compute(gone);
    samples.computations.add(samples.clock() - start);
    if (value === undefined) return undefined;
    this.store(cell, value);
    tier?.set(name, value);
    return value;
  }

  private timedGet(cell: CellKey, requestHash?: number): V | undefined {
    const { samples } = this.shared;
    this.untilSample = samples.nextGap();
    const before = samples.clock();
    const start = samples.clock();
    const value = this.lookUp(cell, requestHash);
    // Reading the clock takes time itself, which is subtracted.
    samples.lookups.add(samples.clock() - start - (start - before));
    return value;
  }

  private lookUp(cell: CellKey, requestHash?: number): V | undefined {
    const { counts, requests, samples } = this.shared;
    if (requestHash !== undefined) requests.count(mix(requestHash ^ this.requestSalt));
    const value = this.entries?.get(cell);
    if (value !== undefined) {
      counts.hits++;
      return value;
    }
    counts.misses++;
    if (samples.missDue()) this.timedMiss = { cell, at: samples.clock() };
    return undefined;
  }

  private store(cell: CellKey, value: V): void {
    if (this.entries === undefined) return;
    this.shared.counts.stores++;
    this.entries.set(cell, value);
  }
}
