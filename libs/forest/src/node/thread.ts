/* What a worker thread runs: takes the next tree's number until there is none. */
import { parentPort, workerData } from 'node:worker_threads';
import { TreeFactory, type PreparedFit } from '../fit.js';
import type { OutOfBagSums } from '../judge/out-of-bag.js';
import type { Tree } from '../trees/tree.js';

export interface ThreadInput {
  readonly fit: PreparedFit;
  /** Shared: the number of the next tree that nobody has taken. */
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
