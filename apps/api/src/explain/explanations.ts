import { setImmediate } from 'node:timers/promises';
import { type Codec, PredictionCache, type SecondTier } from '@adscale/cache';
import type { CtrModel } from '@adscale/ctr';
import type { ExplainedPrediction } from '@adscale/forest';
import { Turn } from '../overload/turn.js';

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
 * Explains predictions. Rows of one cell have one explanation, which is found once and kept, here
 * and, with a second tier, for all replicas. A request for a cell that is being explained waits for
 * that explanation. One is found at a time, step by step, and other requests are answered between
 * the steps.
 */
export class Explanations {
  private readonly cache: PredictionCache<ExplainedPrediction>;
  private names: string[] = [];
  private last: Promise<unknown> = Promise.resolve();

  /** @param tier closed by its maker */
  constructor(tier?: SecondTier<ExplainedPrediction>) {
    this.cache = new PredictionCache<ExplainedPrediction>({ entries: KEPT, ttlMs: 0 }, tier);
  }

  /**
   * Explains what a model predicts for a row.
   * @param row numbers in the order of the model's schema; must not change any more
   * @throws ForestError STATISTICS_ABSENT when the forest cannot be explained
   */
  explain(model: CtrModel, row: Float64Array): Promise<ExplainedPrediction> {
    const name = nameOf(model);
    this.keep(name);
    const find = () => this.inTurn(() => explainInSteps(model, row));
    return this.cache.forModel(name).getOrCompute(model.code(row), find);
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

  /** Keeps the explanations of this model, and of the last that were asked about before. */
  private keep(name: string): void {
    if (this.names[0] === name) return;
    const others = this.names.filter((other) => other !== name);
    this.names = [name, ...others.slice(0, MODELS - 1)];
    this.cache.retain(...this.names);
  }
}

async function explainInSteps(
  { explainer }: CtrModel,
  row: Float64Array,
): Promise<ExplainedPrediction> {
  const steps = explainer.steps(row);
  const turn = new Turn(1);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
    if (turn.isOver()) await turn.pass();
  }
}

/** The version as well, because the background is in the card and not in the model file. */
function nameOf({ digest, version }: CtrModel): string {
  return `${digest} ${version}`;
}
