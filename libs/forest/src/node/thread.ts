/* What a worker thread runs: it takes the number of the next tree and grows that tree, until none is left. */
import { parentPort, workerData } from 'node:worker_threads';
import { TreeFactory, type PreparedFit } from '../fit.js';
import type { OutOfBagSums } from '../judge/out-of-bag.js';
import type { Tree } from '../trees/tree.js';

export interface ThreadInput {
  readonly fit: PreparedFit;
  /** In shared memory: the number of the next tree to grow. */
  readonly next: Int32Array;
}

export type FromThread =
  | { readonly kind: 'tree'; readonly t: number; readonly tree: Tree }
  | ({ readonly kind: 'end' } & OutOfBagSums);

const { fit, next } = workerData as ThreadInput;
const factory = new TreeFactory(fit);

const send = (message: FromThread, handedOver: ArrayBuffer[] = []): void =>
  parentPort!.postMessage(message, handedOver);

for (let t = Atomics.add(next, 0, 1); t < fit.parameters.trees; t = Atomics.add(next, 0, 1)) {
  send({ kind: 'tree', t, tree: factory.grow(t) });
}
const { sums, coarse, squares, counts, counted } = factory.outOfBag;
send(
  { kind: 'end', sums, coarse, squares, counts, counted },
  [sums, coarse, squares, counts].map(({ buffer }) => buffer as ArrayBuffer),
);
