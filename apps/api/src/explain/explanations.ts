import { setImmediate } from 'node:timers/promises';
import { type Codec, PredictionCache, type SecondTier } from '@adscale/cache';
import type { CtrModel } from '@adscale/ctr';
import { type CtrExplanation, ModelExplainer } from './explainer.js';

/** Explanations kept for one model: some 200 bytes each. */
const KEPT = 10_000;
/** Models whose explanations are kept: the current one, one on trial, and the one before. */
const MODELS = 3;

/** An explanation as it is kept outside of the process. */
export const explanationCodec: Codec<CtrExplanation> = {
  encode: (explanation) =>
    JSON.stringify({ ...explanation, contributions: [...explanation.contributions] }),
  decode: (bytes) => {
    const { contributions, ...rest } = JSON.parse(bytes.toString()) as CtrExplanation;
    return { ...rest, contributions: Float64Array.from(contributions) };
  },
};

/**
 * Explanations, each found once: they are the same for all rows of a cell, here and, with a second
 * tier, in every replica. One is found at a time, with everything else that the service has to do
 * in between, and whoever asks for a cell that is being explained waits for the same answer.
 */
export class Explanations {
  private readonly cache: PredictionCache<CtrExplanation>;
  private readonly explainers = new WeakMap<CtrModel, Promise<ModelExplainer>>();
  private names: string[] = [];
  private last: Promise<unknown> = Promise.resolve();

  /** @param tier closed by whoever made it */
  constructor(tier?: SecondTier<CtrExplanation>) {
    this.cache = new PredictionCache<CtrExplanation>({ entries: KEPT, ttlMs: 0 }, tier);
  }

  /** @param row numbers in the order of the model's schema; must not change any more */
  explain(model: CtrModel, row: Float64Array): Promise<CtrExplanation> {
    const cells = this.cache.forModel(nameOf(model));
    return cells.getOrCompute(model.code(row), () =>
      this.inTurn(async () => (await this.explainerOf(model)).explain(row)),
    );
  }

  /** What the second tier did so far. */
  get tier() {
    return this.cache.snapshot().tier;
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.last.then(() => setImmediate()).then(work);
    this.last = result.catch(() => {});
    return result;
  }

  private explainerOf(model: CtrModel): Promise<ModelExplainer> {
    const known = this.explainers.get(model);
    if (known !== undefined) return known;
    this.names = [nameOf(model), ...this.names.slice(0, MODELS - 1)];
    this.cache.retain(...this.names);
    const made = ModelExplainer.create(model);
    this.explainers.set(model, made);
    return made;
  }
}

/** The version as well, because the background is in the card and not in the model file. */
function nameOf({ digest, version }: CtrModel): string {
  return `${digest} ${version}`;
}
