import type { ModelCells, PredictionCache } from '@adscale/cache';
import type { CtrModel } from '@adscale/ctr';
import type { Schema } from '@adscale/forest';
import { schemaMismatch } from './schema.js';

/** What is answered for one cell of one model. */
export interface Answer {
  /** Predicted CTR, 0.0001 to 1, four decimals. */
  readonly ctr: number;
  /** Names model and cell: two answers with the same tag are the same prediction. */
  readonly etag: string;
}

/** A model together with the answers it gave: the two are switched as one. */
export interface Serving {
  readonly model: CtrModel;
  readonly cells: ModelCells<Answer>;
}

/** A model whose features are not those the routes were made for. */
export class SchemaMismatchError extends Error {
  override readonly name = 'SchemaMismatchError';
}

/**
 * The model that answers now. A request takes `current` once and keeps to it, so that no answer
 * mixes two models.
 */
export class ServedModel {
  private serving: Serving | undefined;

  constructor(
    /** The features that routes, validation and documentation were made for. */
    readonly schema: Schema,
    private readonly cache: PredictionCache<Answer>,
  ) {}

  get current(): Serving | undefined {
    return this.serving;
  }

  /**
   * Serves `model` from the next request on. The one before stays when this throws.
   * @throws SchemaMismatchError saying which feature differs
   */
  replace(model: CtrModel): void {
    const mismatch = schemaMismatch(this.schema, model.schema);
    if (mismatch !== undefined) throw new SchemaMismatchError(mismatch);
    this.serving = { model, cells: this.cache.forModel(model.digest) };
    this.cache.retain(model.digest);
  }
}
