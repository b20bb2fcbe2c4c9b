/* What a worker thread runs: takes the next tree's number until there is none. */
import { parentPort, workerData } from 'node:worker_threads';
import { TreeFactory, type PreparedFit } from '../forest.js';
import { OutOfBag } from '../out-of-bag.js';
import type { Tree } from '../tree.js';

export interface ThreadInput {
  readonly fit: PreparedFit;
  readonly unit: number;
  /** Shared: the number of the next tree that nobody has taken. */
  readonly next: Int32Array;
}

export type FromThread =
  | { readonly kind: 'tree'; readonly t: number; readonly tree: Tree }
  | { readonly kind: 'end'; readonly sums: Float64Array; readonly counts: Uint32Array };

const { fit, unit, next } = workerData as ThreadInput;
const outOfBag = new OutOfBag(fit.set.packed.rows, unit);
const factory = new TreeFactory(fit, outOfBag);

const send = (message: FromThread): void => parentPort!.postMessage(message);

for (let t = Atomics.add(next, 0, 1); t < fit.parameters.trees; t = Atomics.add(next, 0, 1)) {
  send({ kind: 'tree', t, tree: factory.grow(t) });
}
send({ kind: 'end', sums: outOfBag.sums, counts: outOfBag.counts });
