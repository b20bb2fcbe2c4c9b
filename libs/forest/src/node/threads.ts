/*
 * Trees are dealt to worker threads from one shared counter. What they read (packed rows, target,
 * weights) lies in shared memory, so a thread costs its buffers and no copy. A tree depends on
 * its number alone and out-of-bag sums on no order, so any number of threads gives the same bytes.
 */
import { availableParallelism } from 'node:os';
import { setImmediate } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { ForestError } from '../errors.js';
import { finishFit, prepareFit, type FitResult, type PreparedFit } from '../fit.js';
import type { FitInput } from '../data/fit-input.js';
import { OutOfBag } from '../judge/out-of-bag.js';
import type { FitOptions } from '../data/parameters.js';
import type { Steps } from '../steps.js';
import type { Tree } from '../trees/tree.js';
import type { FromThread, ThreadInput } from './thread.js';
import { throwIfAborted, untilLast } from './workers.js';

/** How long preparing a fit may hold the event loop up, one more step aside. */
const TURN_MILLISECONDS = 10;

export interface ThreadOptions {
  /** Worker threads, ≥ 1. Default: as many as the machine has cores; never more than trees. */
  readonly threads?: number;
  /** Called after each tree with the number done. */
  readonly onProgress?: (done: number, all: number) => void;
  /** Aborting ends all threads at once and rejects with ForestError ABORTED. */
  readonly signal?: AbortSignal;
}

/**
 * `fit` on many threads: the same forest, byte for byte.
 * @throws ForestError COLUMNS_INVALID, OPTION_INVALID, ABORTED, THREAD_FAILED
 */
export async function fitParallel(
  input: FitInput,
  options: FitOptions = {},
  { threads = availableParallelism(), onProgress = () => {}, signal }: ThreadOptions = {},
): Promise<FitResult> {
  if (!Number.isInteger(threads) || threads < 1) {
    throw new ForestError('OPTION_INVALID', `threads is ${threads}, wanted a whole number ≥ 1`);
  }
  throwIfAborted(signal);
  const steps = prepareFit(input, options, (bytes) => new SharedArrayBuffer(bytes));
  const fit = await inTurns(steps, signal);
  const { trees, outOfBag } = await growOnThreads(fit, threads, onProgress, signal);
  return finishFit(fit, trees, outOfBag);
}

/** Takes all steps. Every so often the event loop turns, so that a signal can be aborted. */
async function inTurns<T>(steps: Steps<T>, signal: AbortSignal | undefined): Promise<T> {
  for (let since = performance.now(); ;) {
    const step = steps.next();
    if (step.done) return step.value;
    if (performance.now() - since < TURN_MILLISECONDS) continue;
    await setImmediate();
    throwIfAborted(signal);
    since = performance.now();
  }
}

async function growOnThreads(
  fit: PreparedFit,
  threads: number,
  onProgress: (done: number, all: number) => void,
  signal: AbortSignal | undefined,
): Promise<{ trees: Tree[]; outOfBag: OutOfBag }> {
  const all = fit.parameters.trees;
  const trees: Tree[] = new Array(all);
  let outOfBag: OutOfBag | null = null;
  let done = 0;
  const input: ThreadInput = {
    fit,
    next: new Int32Array(new SharedArrayBuffer(4)),
  };
  const workers = Array.from(
    { length: Math.min(threads, all) },
    () => new Worker(new URL('./thread.js', import.meta.url), { workerData: input }),
  );
  const receive = (message: FromThread): boolean => {
    if (message.kind === 'end') {
      // The first thread's sums are taken over, so that no more of them are kept than threads.
      if (outOfBag === null) outOfBag = new OutOfBag(fit.set, message);
      else outOfBag.merge(message);
      return true;
    }
    trees[message.t] = message.tree;
    onProgress(++done, all);
    return false;
  };
  try {
    await Promise.all(workers.map((worker) => untilLast(worker, receive, signal)));
    throwIfAborted(signal);
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
  return { trees, outOfBag: outOfBag! };
}
