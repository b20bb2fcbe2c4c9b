import { type CellKey, digestKey } from '@adscale/cache';
import { type CtrModel, roundCtr } from '@adscale/ctr';
import { ServiceStats } from '@adscale/stats';
import { Injectable } from '@nestjs/common';
import type { FeatureValues } from '../model/schema.js';
import { type Answer, ServedModel } from '../model/served-model.js';
import { ProblemError } from '../problem/problem.js';

/** An answer and the version of the model that gave it. */
export interface Prediction extends Answer {
  readonly modelVersion: string;
}

/** From a valid record to an answer: row, cell, then the cache or the forest. */
@Injectable()
export class Predictor {
  private readonly row: Float64Array;

  constructor(
    private readonly served: ServedModel,
    private readonly stats: ServiceStats,
  ) {
    // One row for all requests: none of them waits for anything while it is in use.
    this.row = new Float64Array(served.schema.features.length);
  }

  /**
   * @param record a value for every feature, as the request's validation let it through
   * @throws ProblemError MODEL_NOT_LOADED
   */
  predict(record: FeatureValues): Prediction {
    const serving = this.served.current;
    if (serving === undefined) throw new ProblemError('MODEL_NOT_LOADED');
    const { model, cells } = serving;
    const row = model.encode(record, this.row);
    const cell = model.cellOf(row);
    let answer = cells.get(cell);
    if (answer === undefined) {
      answer = answerOf(model, row, cell);
      cells.set(cell, answer);
    }
    this.stats.countPrediction(answer.ctr);
    return { ...answer, modelVersion: model.version };
  }
}

function answerOf(model: CtrModel, row: Float64Array, cell: CellKey): Answer {
  return { ctr: roundCtr(model.predictRow(row)), etag: `"${digestKey(model.digest, cell)}"` };
}
