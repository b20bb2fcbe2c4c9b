import { type CellKey, type KeyKind, digestKey, exactKey, hashRow } from '@adscale/cache';
import { type CtrModel, roundCtr } from '@adscale/ctr';
import { ServiceStats } from '@adscale/stats';
import type { FeatureValues } from '../model/schema.js';
import type { Answer, Serving } from '../model/served-model.js';
import { predictionText } from './prediction-text.js';

/** From a valid record to an answer: row, cell, then the cache or the forest. */
export class Predictor {
  private readonly row: Float64Array;

  /**
   * @param key what answers are kept under
   * @param features how many the models have
   */
  constructor(
    private readonly stats: ServiceStats,
    private readonly key: KeyKind,
    features: number,
  ) {
    // One row for all requests: none of them waits for anything while it is in use.
    this.row = new Float64Array(features);
  }

  /** @param record a value for every feature, as the request's validation let it through */
  answer({ model, cells, figures, dimensions }: Serving, record: FeatureValues): Answer {
    const row = model.encode(record, this.row);
    const cell = model.code(row);
    const key = this.key === 'cell' ? cell : exactKey(model.digest, record);
    let answer = cells.get(key, hashRow(row));
    this.stats.countLookup(answer !== undefined);
    if (answer === undefined) {
      answer = answerOf(model, row, cell);
      cells.set(key, answer);
    }
    this.stats.countPrediction(figures, answer.ctr, dimensions.codesOf(row));
    return answer;
  }
}

function answerOf(model: CtrModel, row: Float64Array, cell: CellKey): Answer {
  const ctr = roundCtr(model.predictRow(row));
  return {
    ctr,
    body: predictionText(ctr),
    etag: `"${digestKey(model.digest, cell)}"`,
  };
}
