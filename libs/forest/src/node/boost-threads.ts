/*
 * Boosters of a bag are dealt to worker threads from one shared counter. What they read lies in shared
 * memory, and a booster depends on its number alone, so any number of threads gives the same bytes.
 */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import {
  continuedBoost,
  finishBoost,
  grownOf,
  parametersOf,
  prepareBoost,
  type BoostResult,
} from '../boost.js';
import type { BoostInput, BoostOptions, BoostParameters } from '../data/boost-parameters.js';
import { ForestError } from '../errors.js';
import type { BoostedMember, GrownMember, PreparedBoost } from '../grow/boosting.js';
import type { BoostThreadInput, FromBoostThread } from './boost-thread.js';
import type { ThreadOptions } from './threads.js';
import { checkThreads, inTurns, throwIfAborted, untilLast } from './workers.js';

/**
 * `boost` on many threads, never more than boosters: the same forest, byte for byte. `onProgress` is
 * called after each tree; trees that a stopped booster did without count as done.
 * @throws ForestError COLUMNS_INVALID, OPTION_INVALID, KERNELS_UNAVAILABLE, MEMORY_EXHAUSTED, ABORTED,
 *   THREAD_FAILED
 */
export async function boostParallel(
  input: BoostInput,
  options: BoostOptions = {},
  threadOptions: ThreadOptions = {},
): Promise<BoostResult> {
  return boostOnThreads(input, parametersOf(input, options), null, threadOptions);
}

/**
 * `boostMore` on many threads: the same forest, byte for byte.
 * @throws ForestError as `boostParallel`
 */
export async function boostMoreParallel(
  input: BoostInput,
  result: BoostResult,
  more: number,
  threadOptions: ThreadOptions = {},
): Promise<BoostResult> {
  return boostOnThreads(input, continuedBoost(result, more), result, threadOptions);
}

async function boostOnThreads(
  input: BoostInput,
  parameters: BoostParameters,
  result: BoostResult | null,
  { threads = availableParallelism(), onProgress = () => {}, signal }: ThreadOptions,
): Promise<BoostResult> {
  checkThreads(threads);
  throwIfAborted(signal);
  const steps = prepareBoost(input, parameters, true);
  // What is wrong with the size of the input shows in the first step.
  steps.next();
  const { folds, rounds } = parameters.boosting;
  const crew = new BoostCrew(Math.min(threads, folds), folds, rounds, onProgress, signal);
  try {
    const fit = await inTurns(steps, signal);
    await crew.grow(fit, result === null ? [] : grownOf(fit, result));
    throwIfAborted(signal);
    return finishBoost(input, fit, crew.members);
  } finally {
    await crew.end();
  }
}

/** The threads of boosting. They start at once, and wait for what is to be grown. */
class BoostCrew {
  readonly members: BoostedMember[];
  private readonly workers: readonly Worker[];
  private readonly ended: Promise<unknown>;
  private done = 0;

  constructor(
    threads: number,
    folds: number,
    private readonly rounds: number,
    private readonly onProgress: (done: number, all: number) => void,
    signal: AbortSignal | undefined,
  ) {
    this.members = new Array(folds);
    const file = new URL('./boost-thread.js', import.meta.url);
    this.workers = Array.from({ length: threads }, () => new Worker(file));
    const receive = (message: FromBoostThread): boolean => this.receive(message);
    this.ended = Promise.all(this.workers.map((worker) => untilLast(worker, receive, signal)));
    // Whoever waits for the boosters is told of it; until then somebody must know.
    this.ended.catch(() => {});
  }

  async grow(fit: PreparedBoost, before: readonly GrownMember[]): Promise<void> {
    const next = new Int32Array(new SharedArrayBuffer(4));
    const input: BoostThreadInput = { fit, before, next };
    for (const worker of this.workers) worker.postMessage(input);
    await this.ended;
  }

  private receive(message: FromBoostThread): boolean {
    if (message.kind === 'refused') throw new ForestError(message.code, message.detail);
    if (message.kind === 'round') this.tell(1);
    if (message.kind === 'member') {
      this.members[message.member.k] = message.member;
      if (message.told < this.rounds) this.tell(this.rounds - message.told);
    }
    return message.kind === 'end';
  }

  private tell(more: number): void {
    this.done += more;
    this.onProgress(this.done, this.rounds * this.members.length);
  }

  async end(): Promise<void> {
    await Promise.all(this.workers.map((worker) => worker.terminate()));
  }
}
