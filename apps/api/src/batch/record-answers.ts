import { roundCtr } from '@adscale/ctr';
import type { ServiceStats } from '@adscale/stats';
import type { PredictionIds } from '../ids/prediction-ids.js';
import type { Serving } from '../model/served-model.js';
import { predictionText } from '../predict/predictions.js';
import { type ProblemCode, catalogue } from '../problem/catalogue.js';
import type { ProblemOccurrence } from '../problem/problem.js';
import { invalidRecord, readRecord } from '../record/record-reading.js';

/** So many records of a batch are answered with all that is wrong, the further ones by its code. */
const EXPLAINED = 100;

/** Answers many records with one model. It uses no kept answers: to look one up would cost more. */
export class RecordAnswers {
  /** Records answered with a prediction so far. */
  ok = 0;
  /** Records answered with an error so far. */
  failed = 0;
  private readonly row: Float64Array;
  private moment: number;

  /**
   * @param serving answers all of them, whatever is served in the meantime
   * @param ids has each prediction told with an id
   */
  constructor(
    private readonly serving: Serving,
    private readonly stats: ServiceStats,
    private readonly ids?: PredictionIds,
  ) {
    this.row = new Float64Array(serving.contract.width);
    this.moment = stats.moment();
  }

  /** To be called when time has passed: answers count for the moment of the latest call. */
  goOn(): void {
    this.moment = this.stats.moment();
  }

  /**
   * The CTR of a row as it is answered.
   * @param row numbers in the order of the model's schema
   */
  predict(row: Float64Array): number {
    const { model, counts, dimensions, words } = this.serving;
    const ctr = roundCtr(model.predictRow(row));
    this.stats.countPrediction(counts, ctr, dimensions.codesOf(row), this.moment);
    words.count(row);
    this.ok++;
    return ctr;
  }

  /**
   * The answer to a record as JSON: `{"predicted_ctr":…}`, or `{"error":…}` when it is not valid. After
   * the first hundred errors it has the code of the error alone: a record of three bytes that says
   * nothing would be told 500 bytes of what it lacks.
   * @param line where the record comes from, when it comes from a line
   */
  answer(record: unknown, line?: number): string {
    const { row } = this;
    const { contract } = this.serving;
    if (readRecord(contract, record, row)) return this.textOf(this.predict(row));
    const why = this.failed < EXPLAINED ? invalidRecord(contract, record) : undefined;
    return this.refuse('INVALID_RECORD', why, line);
  }

  /** `predictionText`, with an id where one is wanted. An id needs no escapes. */
  private textOf(ctr: number): string {
    const text = predictionText(ctr);
    const id = this.ids?.of(this.serving.model, this.row, ctr);
    return id === undefined ? text : `${text.slice(0, -1)},"prediction_id":"${id}"}`;
  }

  /**
   * The answer in place of a record that cannot be answered; the catalogue's words if none given, and no
   * words after the first hundred errors.
   */
  refuse(code: ProblemCode, occurrence: ProblemOccurrence = {}, line?: number): string {
    if (++this.failed > EXPLAINED) return JSON.stringify({ error: { line, code } });
    const { detail = catalogue[code].detail, errors } = occurrence;
    return JSON.stringify({ error: { line, code, detail, errors } });
  }

  /** Tells why a stream ends before its source does, however many errors there were. */
  lastWord(code: ProblemCode, detail: string, line: number): string {
    this.failed++;
    return JSON.stringify({ error: { line, code, detail } });
  }
}
