import type { FastifyReply, FastifyRequest } from 'fastify';
import { readDetailQuery } from '../explain/detail-query.js';
import type { PredictionDetails } from '../explain/prediction-details.js';
import type { ServedModel } from '../model/served-model.js';
import { clientOf } from '../pool/client.js';
import { UNKNOWN_WORDS } from '../model/unknown-words.js';
import type { Predictions } from './predictions.js';

const JSON_TYPE = 'application/json; charset=utf-8';

/** What a prediction comes from. */
export interface PredictionParts {
  readonly served: ServedModel;
  readonly predictions: Predictions;
  readonly details: PredictionDetails;
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

  /** @throws ProblemError INVALID_QUERY, INVALID_RECORD, MODEL_NOT_LOADED, NO_INTERVALS, OVERLOADED */
  readonly handle = (request: FastifyRequest, reply: FastifyReply): void | Promise<void> => {
    const { row } = this;
    const { served, predictions, details } = this.parts;
    const query = request.url.includes('?') ? readDetailQuery(request.query) : undefined;
    const serving = served.servingFor(request.body, row);
    const { ctr, etag, body } = predictions.of(serving, row, request.body);
    served.compare(serving, row, ctr, request.body);
    reply.header('content-type', JSON_TYPE).header('x-model-version', serving.model.version);
    const unknown = serving.words.headerOf(row);
    if (unknown !== '') reply.header(UNKNOWN_WORDS, unknown);
    if (query === undefined) {
      reply.header('etag', etag).send(body);
      return;
    }
    const client = clientOf(request, reply);
    const answered = details.of(serving.model, row.slice(), request.body as object, query, client);
    return answered.then(
      (more) => void reply.send(JSON.stringify({ predicted_ctr: ctr, ...more })),
      (error: unknown) => {
        // Nobody is there to be told when the client has left.
        if (!client.aborted) throw error;
      },
    );
  };
}
