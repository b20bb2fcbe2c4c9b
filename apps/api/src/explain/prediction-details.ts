import { Injectable } from '@nestjs/common';
import type { FeatureValues } from '../model/schema.js';
import type { Serving } from '../model/served-model.js';
import { type ExplanationAnswer, explanationAnswer } from './explanation-answer.js';
import { Explanations } from './explanations.js';
import { type CtrInterval, intervalOf } from './interval.js';
import type { DetailQuery } from '../record/query.js';

/** What a prediction is answered with besides itself; spread into the answer's body. */
export interface PredictionDetails {
  readonly interval?: CtrInterval;
  readonly explanation?: ExplanationAnswer;
}

/** Finds what the query of `POST /predict_ctr` asks for. */
@Injectable()
export class PredictDetails {
  constructor(private readonly explanations: Explanations) {}

  /**
   * @param record a value for every feature, as the request's validation let it through
   * @param serving the model that answers this request
   * @param query from `readDetailQuery`
   * @throws ProblemError NO_INTERVALS
   */
  async details(
    record: FeatureValues,
    { model }: Serving,
    { level, explain }: DetailQuery,
  ): Promise<PredictionDetails> {
    const interval = level === undefined ? undefined : intervalOf(model, record, level);
    const found = explain && (await this.explanations.explain(model, model.encode(record)));
    return {
      ...(interval && { interval }),
      ...(found && { explanation: explanationAnswer(model, found) }),
    };
  }
}
