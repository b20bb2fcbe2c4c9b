import type { FastifyReply, FastifyRequest } from 'fastify';
import type { PredictDetails } from '../explain/prediction-details.js';
import { readDetailQuery } from '../record/query.js';
import type { ServedModel } from '../model/served-model.js';
import { ProblemError } from '../problem/problem.js';
import type { Predictor } from './predictions.js';
import type { RecordPipe } from '../record/record-reading.js';

const JSON_TYPE = 'application/json; charset=utf-8';

/** What answers a valid record. */
export interface Answerers {
  readonly served: ServedModel;
  readonly predictor: Predictor;
  readonly details: PredictDetails;
}

/**
 * Answers `POST /predict_ctr`, straight from Fastify: Nest's pipeline of guards, pipes and
 * interceptors would cost more than everything that is done here.
 */
export class PredictHandler {
  constructor(
    private readonly pipe: RecordPipe,
    private readonly answerers: Answerers,
  ) {}

  /** @throws ProblemError INVALID_RECORD, INVALID_QUERY, NO_INTERVALS, MODEL_NOT_LOADED */
  handle(request: FastifyRequest, reply: FastifyReply): void | Promise<void> {
    const query = request.url.includes('?') ? readDetailQuery(request.query) : undefined;
    const record = this.pipe.transform(request.body);
    const { served, predictor, details } = this.answerers;
    const serving = served.servingFor(record);
    if (serving === undefined) throw new ProblemError('MODEL_NOT_LOADED');
    const { ctr, etag, body } = predictor.answer(serving, record);
    served.compare(serving, record, ctr);
    reply.header('content-type', JSON_TYPE).header('x-model-version', serving.model.version);
    if (query === undefined) {
      reply.header('etag', etag).send(body);
      return;
    }
    return details.details(record, serving, query).then((more) => {
      reply.send(JSON.stringify({ predicted_ctr: ctr, ...more }));
    });
  }
}
