import type { CtrModel } from '@adscale/ctr';
import { ProblemError } from '../problem/problem.js';
import type { DetailQuery } from './detail-query.js';
import {
  type ExplanationAnswer,
  type IntervalAnswer,
  type RemarksAnswer,
  explanationAnswer,
  remarksOf,
} from './explanation-answer.js';
import type { Explanations } from './explanations.js';

/** What a prediction is answered with besides itself; spread into the answer's body. */
export interface Details extends Partial<RemarksAnswer> {
  readonly interval?: IntervalAnswer;
  readonly explanation?: ExplanationAnswer;
}

/** Finds what the query of `POST /predict_ctr` asks for. */
export class PredictionDetails {
  constructor(private readonly explanations: Explanations) {}

  /**
   * @param model that answers the request
   * @param row numbers in the order of the model's schema; must not change any more
   * @param record that the row was read from
   * @param gone aborts when the client has left; then this rejects with its reason
   * @throws ProblemError NO_INTERVALS, OVERLOADED
   */
  async of(
    model: CtrModel,
    row: Float64Array,
    record: object,
    query: DetailQuery,
    gone: AbortSignal,
  ): Promise<Details> {
    const { interval: level, exposure, explain } = query;
    const interval = level === undefined ? undefined : intervalOf(model, row, level, exposure);
    const found = explain && (await this.explanations.explain(model, row, gone));
    if (interval === undefined && !found) return {};
    return {
      ...(interval && { interval }),
      ...(found && { explanation: explanationAnswer(model, found) }),
      ...remarksOf(model, row, record),
    };
  }
}

/** The feature that says over how many impressions the CTR will be observed. */
const EXPOSURE = 'impressions';
const UNITS = 10_000;

/**
 * The interval that holds the observed CTR, clicks over the impressions given, with probability
 * `level`. The fewer impressions, the wider it is. It asks up to 200 trees one by one: of 100, that took
 * 0.04 ms, a fifth of handing it to a thread, so it is found on the event loop.
 * @param row numbers in the order of the model's schema
 * @param level in (0, 1)
 * @param given impressions, ≥ 1; default: the row's own
 * @returns bounds from 0 to 1, four decimals, rounded outwards
 * @throws ProblemError NO_INTERVALS if the model, or the row, lacks what it takes
 */
export function intervalOf(
  model: CtrModel,
  row: Float64Array,
  level: number,
  given?: number,
): IntervalAnswer {
  const { forest, schema } = model;
  if (forest.intervals === null) throw new ProblemError('NO_INTERVALS');
  const place = schema.features.findIndex(
    ({ name, kind }) => name === EXPOSURE && kind !== 'categorical' && kind !== 'word',
  );
  const exposure = given ?? (place < 0 ? NaN : row[place]);
  if (forest.intervals.noise === 'binomial' && !(exposure > 0)) {
    const lack = place < 0 ? 'is no feature of it' : 'the record lacks';
    const detail = `The model's intervals are for a rate over ${EXPOSURE}, which ${lack}; say how many by exposure.`;
    throw new ProblemError('NO_INTERVALS', { detail });
  }
  const options = Number.isNaN(exposure) ? { level } : { level, exposure };
  const { low, high } = model.intervalOf(row, options);
  return {
    level,
    low: Math.floor(Math.max(0, low) * UNITS) / UNITS,
    high: Math.ceil(Math.min(1, high) * UNITS) / UNITS,
  };
}
