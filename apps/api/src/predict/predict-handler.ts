import type { FastifyReply, FastifyRequest } from 'fastify';
import { readDetailQuery } from '../explain/detail-query.js';
import { PREDICTION_ID, type PredictionIds } from '../ids/prediction-ids.js';
import type { PredictionDetails } from '../explain/prediction-details.js';
import { clientOf } from '../pool/client.js';
import type { Answer, ServedModel, Serving } from '../model/served-model.js';
import { UNKNOWN_WORDS } from '../model/unknown-words.js';
import { type PlainAnswer, sendPlain } from '../record/route-rules.js';
import type { Predictions } from './predictions.js';

const JSON_TYPE = 'application/json; charset=utf-8';

/** What a prediction comes from. */
export interface PredictionParts {
  readonly served: ServedModel;
  readonly predictions: Predictions;
  readonly details: PredictionDetails;
  readonly ids: PredictionIds;
}

/**
 * Answers `POST /predict_ctr`, straight from Fastify: Nest's pipeline of guards, pipes and
 * interceptors would cost more than everything that is done here.
 *
 * ```
 * body ──served──▶ row ──predictions──▶ cell ──▶ answer
 *                   └──details, if the query asks for any──▶ interval, explanation
 * ```
 */
export class PredictHandler {
  /** One row for all requests: none of them waits for anything while it is in use. */
  private readonly row: Float64Array;

  constructor(private readonly parts: PredictionParts) {
    this.row = new Float64Array(parts.served.contract.width);
  }

  /**
   * Answers a record without details.
   * @throws ProblemError INVALID_RECORD, MODEL_NOT_LOADED
   */
  readonly plain = (record: unknown): PlainAnswer => {
    const { serving, answer } = this.predict(record);
    const headers = this.headersOf(serving, answer);
    headers.push('etag', answer.etag);
    return { headers, text: answer.body };
  };

  /** @throws ProblemError INVALID_QUERY, INVALID_RECORD, MODEL_NOT_LOADED, NO_INTERVALS, OVERLOADED */
  readonly handle = (request: FastifyRequest, reply: FastifyReply): void | Promise<void> => {
    const { body } = request;
    if (!request.url.includes('?')) return sendPlain(reply, this.plain(body));
    const query = readDetailQuery(request.query);
    const { serving, answer } = this.predict(body);
    const headers = this.headersOf(serving, answer);
    const client = clientOf(request, reply);
    const row = this.row.slice();
    return this.parts.details.of(serving.model, row, body as object, query, client).then(
      (more) => {
        sendPlain(reply, { headers, text: JSON.stringify({ predicted_ctr: answer.ctr, ...more }) });
      },
      (error: unknown) => {
        // Nobody is there to be told when the client has left.
        if (!client.aborted) throw error;
      },
    );
  };

  /** The answer to a record, whose row is then in `row`. */
  private predict(record: unknown): { readonly serving: Serving; readonly answer: Answer } {
    const { row } = this;
    const { served, predictions } = this.parts;
    const serving = served.servingFor(record, row);
    const { arms } = served;
    const answer =
      arms === undefined
        ? predictions.of(serving, row, record)
        : arms.measure(serving.model.version, () => predictions.of(serving, row, record));
    served.compare(serving, row, answer.ctr, record);
    return { serving, answer };
  }

  /** What every answer of this model to the record in `row` says. */
  private headersOf({ model, words }: Serving, { ctr }: Answer): string[] {
    const headers = ['content-type', JSON_TYPE, 'x-model-version', model.version];
    const unknown = words.headerOf(this.row);
    if (unknown !== '') headers.push(UNKNOWN_WORDS, unknown);
    const id = this.parts.ids.of(model, this.row, ctr);
    if (id !== undefined) headers.push(PREDICTION_ID, id);
    return headers;
  }
}
