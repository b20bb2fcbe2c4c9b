import { type CacheOptions, ModelCells, type Tally } from './cells.js';

/** What the cache did so far: whole numbers. */
export interface CacheFigures {
  readonly hits: number;
  readonly misses: number;
  /** Entries held now. */
  readonly size: number;
}

/**
 * Predictions by cell, kept apart by model.
 *
 * ```
 * forModel(digest A) ──▶ cells of A: cell ──▶ answer
 * forModel(digest B) ──▶ cells of B: cell ──▶ answer      figures(): both
 * ```
 * Whoever serves a model holds its cells together with the model, so the pair cannot be mixed up
 * while models are switched.
 */
export class PredictionCache<V extends NonNullable<unknown>> {
  private readonly tally: Tally = { hits: 0, misses: 0 };
  private readonly models = new Map<string, ModelCells<V>>();

  /** @param options limits that hold for each model by itself */
  constructor(private readonly options: CacheOptions) {}

  /**
   * The cells of the model with this digest: empty at first, the same ones when asked again.
   * @throws CacheError OPTION_INVALID when the limits given are not whole numbers from 0
   */
  forModel(modelDigest: string): ModelCells<V> {
    const known = this.models.get(modelDigest);
    if (known !== undefined) return known;
    const cells = new ModelCells<V>(modelDigest, this.options, this.tally);
    this.models.set(modelDigest, cells);
    return cells;
  }

  /** Lets go of every model's cells but those of the digests named. */
  retain(...modelDigests: string[]): void {
    for (const digest of this.models.keys()) {
      if (!modelDigests.includes(digest)) this.models.delete(digest);
    }
  }

  /** The counts so far, over all models; a copy. */
  figures(): CacheFigures {
    let size = 0;
    for (const cells of this.models.values()) size += cells.size;
    return { ...this.tally, size };
  }
}
