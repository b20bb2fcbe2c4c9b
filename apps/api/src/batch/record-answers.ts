import { roundCtr } from '@adscale/ctr';
import type { ServiceStats } from '@adscale/stats';
import type { Serving } from '../model/served-model.js';
import { predictionText } from '../predict/prediction-text.js';
import type { RecordPipe } from '../record/record-reading.js';
import { type ProblemCode, catalogue } from '../problem/catalogue.js';
import { ProblemError, type ProblemOccurrence } from '../problem/problem.js';

/** Answers many records with one model, past its cached cells: looking those up would cost more. */
export class RecordAnswers {
  /** Records answered with a prediction so far. */
  ok = 0;
  /** Records answered with an error so far. */
  failed = 0;
  private readonly row: Float64Array;

  /** @param serving answers all of them, whatever is served in the meantime */
  constructor(
    private readonly serving: Serving,
    private readonly pipe: RecordPipe,
    private readonly stats: ServiceStats,
  ) {
    this.row = new Float64Array(serving.model.schema.features.length);
  }

  /**
   * The CTR of a record as it is answered.
   * @throws ProblemError INVALID_RECORD
   */
  predict(record: unknown): number {
    const { model, figures, dimensions } = this.serving;
    const row = model.encode(this.pipe.transform(record), this.row);
    const ctr = roundCtr(model.predictRow(row));
    this.stats.countPrediction(figures, ctr, dimensions.codesOf(row));
    this.ok++;
    return ctr;
  }

  /**
   * The answer to a record as JSON: `{"predicted_ctr":…}`, or `{"error":…}` when it is not valid.
   * @param line where the record comes from, when it comes from a line
   */
  answer(record: unknown, line?: number): string {
    try {
      return predictionText(this.predict(record));
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      return this.refuse(error.code, error.occurrence, line);
    }
  }

  /** The answer in place of a record that cannot be answered; the catalogue's words if none given. */
  refuse(code: ProblemCode, occurrence: ProblemOccurrence = {}, line?: number): string {
    this.failed++;
    const { detail = catalogue[code].detail, errors } = occurrence;
    return JSON.stringify({ error: { line, code, detail, errors } });
  }
}
