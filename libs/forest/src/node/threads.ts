/*
 * Trees are dealt to worker threads from one shared counter. What they read (the sorted rows) lies in
 * shared memory, so a thread costs its buffers and no copy. A tree depends on its number alone and
 * out-of-bag sums on no order, so any number of threads gives the same bytes. Threads start while the
 * fit is prepared.
 */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { ForestError } from '../errors.js';
import type { PreparedFit } from '../factory.js';
import { finishFit, prepareFit, type FitResult } from '../fit.js';
import type { FitInput } from '../data/fit-input.js';
import { OutOfBag } from '../judge/out-of-bag.js';
import { resolveParameters, type FitOptions } from '../data/parameters.js';
import type { Tree } from '../trees/tree.js';
import type { FromThread, ThreadInput } from './thread.js';
import { checkThreads, inTurns, throwIfAborted, untilLast } from './workers.js';

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
 * @throws ForestError COLUMNS_INVALID, OPTION_INVALID, KERNELS_UNAVAILABLE, MEMORY_EXHAUSTED, ABORTED,
 *   THREAD_FAILED
 */
export async function fitParallel(
  input: FitInput,
  options: FitOptions = {},
  { threads = availableParallelism(), onProgress = () => {}, signal }: ThreadOptions = {},
): Promise<FitResult> {
  checkThreads(threads);
  throwIfAborted(signal);
  const steps = prepareFit(input, options, true);
  // What is wrong with the options or with the size of the input shows in the first step.
  steps.next();
  const all = resolveParameters(input.columns.schema, options).trees;
  const crew = new Crew(Math.min(threads, all), all, onProgress, signal);
  try {
    const fit = await inTurns(steps, signal);
    await crew.grow(fit);
    throwIfAborted(signal);
    return finishFit(fit, crew.trees, crew.outOfBag!);
  } finally {
    await crew.end();
  }
}

/** The threads of a fit. They start at once, and wait for what is to be grown. */
class Crew {
  readonly trees: Tree[];
  outOfBag: OutOfBag | null = null;
  private readonly workers: readonly Worker[];
  private readonly ended: Promise<unknown>;
  private fit: PreparedFit | null = null;
  private done = 0;

  constructor(
    threads: number,
    all: number,
    private readonly onProgress: (done: number, all: number) => void,
    signal: AbortSignal | undefined,
  ) {
    this.trees = new Array(all);
    const file = new URL('./thread.js', import.meta.url);
    this.workers = Array.from({ length: threads }, () => new Worker(file));
    const receive = (message: FromThread): boolean => this.receive(message);
    this.ended = Promise.all(this.workers.map((worker) => untilLast(worker, receive, signal)));
    // Whoever waits for the trees is told of it; until then somebody must know.
    this.ended.catch(() => {});
  }

  async grow(fit: PreparedFit): Promise<void> {
    this.fit = fit;
    const input: ThreadInput = { fit, next: new Int32Array(new SharedArrayBuffer(4)) };
    for (const worker of this.workers) worker.postMessage(input);
    await this.ended;
  }

  private receive(message: FromThread): boolean {
    if (message.kind === 'refused') throw new ForestError(message.code, message.detail);
    if (message.kind === 'tree') {
      this.trees[message.t] = message.tree;
      this.onProgress(++this.done, this.trees.length);
      return false;
    }
    // The first thread's sums are taken over, so that no more of them are kept than threads.
    if (this.outOfBag === null) this.outOfBag = new OutOfBag(this.fit!.set, message);
    else this.outOfBag.merge(message);
    return true;
  }

  async end(): Promise<void> {
    await Promise.all(this.workers.map((worker) => worker.terminate()));
  }
}
