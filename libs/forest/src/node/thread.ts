/* What a worker thread runs: it takes the number of the next tree and grows that tree, until none is left. */
import { parentPort } from 'node:worker_threads';
import { ForestError, type ForestErrorCode } from '../errors.js';
import { TreeFactory, type PreparedFit } from '../factory.js';
import type { OutOfBagSums } from '../judge/out-of-bag.js';
import type { Tree } from '../trees/tree.js';
import { buffersOf } from './workers.js';

export interface ThreadInput {
  readonly fit: PreparedFit;
  /** In shared memory: the number of the next tree to grow. */
  readonly next: Int32Array;
}

export type FromThread =
  | { readonly kind: 'refused'; readonly code: ForestErrorCode; readonly detail: string }
  | { readonly kind: 'tree'; readonly t: number; readonly tree: Tree }
  | ({ readonly kind: 'end' } & OutOfBagSums);

const send = (message: FromThread, handedOver: ArrayBuffer[] = []): void =>
  parentPort!.postMessage(message, handedOver);

// What cannot be received must not be waited for.
parentPort!.once('messageerror', (error) => {
  throw error;
});

// The fit comes when it is prepared: by then this thread has started.
parentPort!.once('message', (input: ThreadInput) => {
  try {
    growTrees(input);
  } catch (error) {
    if (!(error instanceof ForestError)) throw error;
    send({ kind: 'refused', code: error.code, detail: error.detail });
  }
});

function growTrees({ fit, next }: ThreadInput): void {
  const factory = new TreeFactory(fit);
  for (let t = Atomics.add(next, 0, 1); t < fit.parameters.trees; t = Atomics.add(next, 0, 1)) {
    const tree = factory.grow(t);
    send({ kind: 'tree', t, tree }, buffersOf(tree));
  }
  const { sums, coarse, squares, counts, counted } = factory.outOfBag;
  const arrays = { sums, coarse, squares, counts };
  send({ kind: 'end', ...arrays, counted }, buffersOf(arrays));
}
