import { type CellKey, digestKey, hashRow } from '@adscale/cache';
import { type CtrModel, roundCtr } from '@adscale/ctr';
import { ServiceStats } from '@adscale/stats';
import type { FeatureValues } from '../model/schema.js';
import type { Answer, Serving } from '../model/served-model.js';

/** From a valid record to an answer: row, cell, then the cache or the forest. */
export class Predictor {
  private readonly row: Float64Array;

  /** @param features how many the models have */
  constructor(
    private readonly stats: ServiceStats,
    features: number,
  ) {
    // One row for all requests: none of them waits for anything while it is in use.
    this.row = new Float64Array(features);
  }

  /** @param record a value for every feature, as the request's validation let it through */
  answer({ model, cells, figures, dimensions }: Serving, record: FeatureValues): Answer {
    const row = model.encode(record, this.row);
    const cell = model.cellOf(row);
    let answer = cells.get(cell, hashRow(row));
    this.stats.countLookup(answer !== undefined);
    if (answer === undefined) {
      answer = answerOf(model, row, cell);
      cells.set(cell, answer);
    }
    this.stats.countPrediction(figures, answer.ctr, dimensions.codesOf(row));
    return answer;
  }
}

function answerOf(model: CtrModel, row: Float64Array, cell: CellKey): Answer {
  const ctr = roundCtr(model.predictRow(row));
  return {
    ctr,
    body: JSON.stringify({ predicted_ctr: ctr }),
    etag: `"${digestKey(model.digest, cell)}"`,
  };
}
