import { isExplanation, isPrediction, isRefusal } from '@adscale/api/load/answers.ts';
import { EXPLAIN_EVERY } from '@adscale/api/load/goals.ts';
import { smokeRequests } from '@adscale/api/load/smoke-requests.ts';
import type { Traffic } from '@adscale/api/load/traffic.ts';
import type { Kind } from './sender.ts';

/** The requests of the traffic from number `first` on, one after the other. */
export function bodiesFrom(traffic: Traffic, first: number): () => string {
  let next = first;
  return () => JSON.stringify(traffic.recordAt(next++));
}

export function predictions(nextBody: () => string): Kind {
  return {
    path: '/predict_ctr',
    nextBody,
    isRight: ({ status, body }) => status === 200 && isPrediction(body),
  };
}

/** Predictions that an overloaded service may refuse. */
export function refusablePredictions(nextBody: () => string): Kind {
  return {
    ...predictions(nextBody),
    isRefusal: ({ status, body, header }) => isRefusal(status, body, header('retry-after')),
  };
}

/** Predictions, and an explanation in every `EXPLAIN_EVERY` requests. */
export function predictionsAndExplanations(nextBody: () => string): Kind[] {
  const explanation: Kind = {
    path: '/explain',
    nextBody,
    isRight: ({ status, body }) => status === 200 && isExplanation(body),
  };
  return [explanation, ...Array<Kind>(EXPLAIN_EVERY - 1).fill(predictions(nextBody))];
}

/** A request of every kind that the service knows, about one placement after the other. */
export function smokeKinds(traffic: Traffic): Kind[] {
  return smokeRequests(traffic.campaigns[0]!).map(
    ({ method, path, type, body, ...right }, kind) => {
      let next = 0;
      const nextBody = () => smokeRequests(traffic.recordAt(next++))[kind]!.body!;
      return {
        method,
        path,
        ...(type !== undefined && { type }),
        ...(body !== undefined && { nextBody }),
        isRight: (answer) => answer.status === right.status && right.isRight(answer.body),
      };
    },
  );
}
