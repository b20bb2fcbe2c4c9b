/* What a worker thread runs: it takes the number of the next booster and grows it, until none is left. */
import { parentPort } from 'node:worker_threads';
import { ForestError, type ForestErrorCode } from '../errors.js';
import {
  BoosterFactory,
  type BoostedMember,
  type GrownMember,
  type PreparedBoost,
} from '../grow/boosting.js';

export interface BoostThreadInput {
  readonly fit: PreparedBoost;
  /** What each booster has grown before. */
  readonly before: readonly GrownMember[];
  /** In shared memory: the number of the next booster to grow. */
  readonly next: Int32Array;
}

export type FromBoostThread =
  | { readonly kind: 'refused'; readonly code: ForestErrorCode; readonly detail: string }
  /** A tree was grown. */
  | { readonly kind: 'round' }
  /** A booster was, with so many rounds told of. */
  | { readonly kind: 'member'; readonly member: BoostedMember; readonly told: number }
  | { readonly kind: 'end' };

const send = (message: FromBoostThread): void => parentPort!.postMessage(message);

// What cannot be received must not be waited for.
parentPort!.once('messageerror', (error) => {
  throw error;
});

// The fit comes when it is prepared: by then this thread has started.
parentPort!.once('message', (input: BoostThreadInput) => {
  try {
    growBoosters(input);
  } catch (error) {
    if (!(error instanceof ForestError)) throw error;
    send({ kind: 'refused', code: error.code, detail: error.detail });
  }
});

function growBoosters({ fit, before, next }: BoostThreadInput): void {
  const factory = new BoosterFactory(fit);
  const { folds } = fit.parameters.boosting;
  for (let k = Atomics.add(next, 0, 1); k < folds; k = Atomics.add(next, 0, 1)) {
    let told = 0;
    const member = factory.grow(k, before[k], () => {
      told++;
      send({ kind: 'round' });
    });
    send({ kind: 'member', member, told });
  }
  send({ kind: 'end' });
}
