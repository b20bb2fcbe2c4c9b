import { type Codec, PredictionCache, type SecondTier } from '@adscale/cache';
import type { CtrModel } from '@adscale/ctr';
import type { ExplainedPrediction } from '@adscale/forest';
import type { WorkPool } from '../pool/pool.js';

/** Explanations kept for one model: some 200 bytes each. */
const KEPT = 10_000;
/** Models whose explanations are kept: the current one, one on trial, and the one before. */
const MODELS = 3;

/** An explanation as it is kept outside of the process. */
export const explanationCodec: Codec<ExplainedPrediction> = {
  encode: ({ values, prediction, ...rest }) =>
    JSON.stringify({ ...rest, contributions: [...values], ctr: prediction }),
  decode: (bytes) => {
    const { contributions, ctr, ...rest } = JSON.parse(bytes.toString());
    // Earlier releases kept no scale: theirs was always that of the prediction.
    const scale = { scale: 'prediction', link: 'identity' };
    return { ...scale, ...rest, values: Float64Array.from(contributions), prediction: ctr };
  },
};

/**
 * Explains predictions. Rows of one cell have one explanation, which is found once, on a thread, and
 * kept, here and, with a second tier, for all replicas. A request for a cell that is being explained
 * waits for that explanation, which is given up when all who wait for it have left.
 */
export class Explanations {
  private readonly cache: PredictionCache<ExplainedPrediction>;
  private names: string[] = [];

  /** @param tier closed by its maker */
  constructor(
    private readonly pool: Pick<WorkPool, 'explain'>,
    tier?: SecondTier<ExplainedPrediction>,
  ) {
    this.cache = new PredictionCache<ExplainedPrediction>({ entries: KEPT, ttlMs: 0 }, tier);
  }

  /**
   * Explains what a model predicts for a row.
   * @param row numbers in the order of the model's schema; must not change any more
   * @param gone aborts when the client has left; then this rejects with its reason
   * @throws ProblemError OVERLOADED; an error when the forest cannot be explained
   */
  explain(model: CtrModel, row: Float64Array, gone: AbortSignal): Promise<ExplainedPrediction> {
    const name = nameOf(model);
    this.keep(name);
    const find = (allGone: AbortSignal) => this.pool.explain(model, row, allGone);
    return this.cache.forModel(name).getOrCompute(model.code(row), find, gone);
  }

  /** What the second tier did so far. */
  get tier() {
    return this.cache.snapshot().tier;
  }

  /** Keeps the explanations of this model, and of the last that were asked about before. */
  private keep(name: string): void {
    if (this.names[0] === name) return;
    const others = this.names.filter((other) => other !== name);
    this.names = [name, ...others.slice(0, MODELS - 1)];
    this.cache.retain(...this.names);
  }
}

/** The version as well, because the background is in the card and not in the model file. */
function nameOf({ digest, version }: CtrModel): string {
  return `${digest} ${version}`;
}
