/*
 * Trees are dealt to worker threads from one shared counter. What they read (packed rows, target,
 * weights) lies in shared memory, so a thread costs its buffers and no copy. A tree depends on
 * its number alone and out-of-bag sums on no order, so any number of threads gives the same bytes.
 */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { ForestError } from '../errors.js';
import {
  finishFit,
  prepareFit,
  startOutOfBag,
  type FitInput,
  type FitResult,
  type PreparedFit,
} from '../fit.js';
import type { OutOfBag } from '../out-of-bag.js';
import type { FitOptions } from '../parameters.js';
import type { Tree } from '../tree.js';
import type { FromThread, ThreadInput } from './thread.js';

export interface ThreadOptions {
  /** Worker threads, ≥ 1. Default: as many as the machine has cores, at most one a tree. */
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
  const fit = prepareFit(input, options, (bytes) => new SharedArrayBuffer(bytes));
  const outOfBag = startOutOfBag(fit);
  const trees = await growOnThreads(fit, outOfBag, threads, onProgress, signal);
  return finishFit(fit, trees, outOfBag);
}

function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) {
    throw new ForestError('ABORTED', 'its signal was aborted', { cause: signal.reason });
  }
}

async function growOnThreads(
  fit: PreparedFit,
  outOfBag: OutOfBag,
  threads: number,
  onProgress: (done: number, all: number) => void,
  signal: AbortSignal | undefined,
): Promise<Tree[]> {
  const all = fit.parameters.trees;
  const trees: Tree[] = new Array(all);
  let done = 0;
  const input: ThreadInput = {
    fit,
    next: new Int32Array(new SharedArrayBuffer(4)),
  };
  const workers = Array.from(
    { length: Math.min(threads, all) },
    () => new Worker(new URL('./thread.js', import.meta.url), { workerData: input }),
  );
  const receive = (message: FromThread): void => {
    if (message.kind === 'tree') {
      trees[message.t] = message.tree;
      onProgress(++done, all);
    } else outOfBag.merge(message);
  };
  try {
    await Promise.all(workers.map((worker) => finished(worker, receive, signal)));
    throwIfAborted(signal);
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
  return trees;
}

/** Resolves when the thread has sent all it grew; rejects when it dies or the signal fires. */
function finished(
  worker: Worker,
  receive: (message: FromThread) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      reject(new ForestError('ABORTED', 'its signal was aborted', { cause: signal?.reason }));
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    const settle = (how: () => void): void => {
      signal?.removeEventListener('abort', onAbort);
      how();
    };
    worker.on('message', (message: FromThread) => {
      try {
        receive(message);
        if (message.kind === 'end') settle(resolve);
      } catch (error) {
        settle(() => reject(error as Error));
      }
    });
    worker.on('error', (cause) => {
      settle(() => reject(new ForestError('THREAD_FAILED', String(cause), { cause })));
    });
    worker.on('exit', (code) => {
      settle(() => reject(new ForestError('THREAD_FAILED', `it left with exit code ${code}`)));
    });
  });
}
