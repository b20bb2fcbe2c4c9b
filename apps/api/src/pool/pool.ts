import { availableParallelism } from 'node:os';
import type { CtrModel } from '@adscale/ctr';
import type { ExplainedPrediction } from '@adscale/forest';
import type { Counter } from '@adscale/stats';
import { Piscina } from 'piscina';
import type { Logger } from 'pino';
import { ProblemError } from '../problem/problem.js';
import type { Decided, DecisionName, Explained, Reply, Task, Work } from './task.js';

/** As built, also where this file is a source: a thread runs files, and sources are none. */
const THREAD = new URL('../../dist/pool/thread.js', import.meta.url).href;

/**
 * How long a task may go on whose client has left. Ending its thread costs a new one, which took
 * 100 ms of a processor with its first model; so what is done for nobody is at most twice the least.
 */
const GRACE_MS = 100;

/** Threads without work for so long are ended, and with them the models that they hold. */
const IDLE_MS = 60_000;

/**
 * Where the system knows priorities of threads (Linux), those of the pool yield to the event loop. At
 * this increment a thread that shares a core with a busy loop gets a quarter of it.
 */
const NICE = 5;

/** Longest that a refused client is told to wait, in seconds. */
const MOST_RETRY = 60;

export interface PoolOptions {
  /** Threads; 0: see `defaultThreads`. */
  readonly threads: number;
  /** Most tasks that wait for a thread. */
  readonly queue: number;
  /** Processes like this one on the machine. */
  readonly workers: number;
}

/** What a pool tells of itself. */
export interface PoolMeters {
  /** Tasks not taken, because too many waited. */
  readonly refused: Counter;
  /** Tasks whose client left while they waited. */
  readonly dropped: Counter;
  /** Tasks whose client left, ended with their thread. */
  readonly ended: Counter;
  readonly logger: Pick<Logger, 'error'>;
}

/** A process's share of the cores, but for the one that its event loop has: at least one. */
export function defaultThreads(workers: number, cores = availableParallelism()): number {
  return Math.max(1, Math.floor(cores / workers) - 1);
}

/**
 * Threads for what takes long: decisions and explanations. The event loop only passes texts and rows on.
 *
 * ```
 * task ──queue full?──▶ 503     client left? dropped
 *   └──▶ queue ──▶ thread: has the model? ──no──▶ the task again, with the model in shared memory
 *                     └──▶ answer             client left? the thread is ended soon, and replaced
 * ```
 * Threads start with the first task. Every task goes to one: handing over took 0.1 ms, and how long
 * the work takes cannot be told from the size of its body.
 */
export class WorkPool {
  private readonly threads: number;
  private pool: Piscina<Task, Reply> | undefined;
  private readonly numbers = new WeakMap<CtrModel, number>();
  private nextNumber = 1;
  private underWay = 0;
  private idle: NodeJS.Timeout | undefined;

  /** @param held the models that the service holds at the time; threads drop others */
  constructor(
    private readonly options: PoolOptions,
    private readonly held: () => readonly CtrModel[],
    private readonly meters: PoolMeters,
  ) {
    const { threads, workers } = options;
    this.threads = threads === 0 ? defaultThreads(workers) : threads;
  }

  /** Tasks that wait for a thread. */
  get waiting(): number {
    return Math.max(0, this.underWay - this.threads);
  }

  /**
   * Decides by a model.
   * @param body JSON, as it came
   * @param gone aborts when nobody waits for the answer any more; then this rejects with its reason
   * @throws ProblemError OVERLOADED
   */
  async decide(
    model: CtrModel,
    name: DecisionName,
    body: string | undefined,
    gone: AbortSignal,
  ): Promise<Decided> {
    return (await this.run(model, { kind: 'decision', name, body }, gone)) as Decided;
  }

  /**
   * Explains what a model predicts for a row.
   * @param gone as of `decide`
   * @throws ProblemError OVERLOADED; ForestError STATISTICS_ABSENT by its message
   */
  async explain(
    model: CtrModel,
    row: Float64Array,
    gone: AbortSignal,
  ): Promise<ExplainedPrediction> {
    const outcome = await this.run(model, { kind: 'explanation', row }, gone);
    return (outcome as Explained).explanation;
  }

  /** Ends the threads, and what they are at. */
  async close(): Promise<void> {
    clearTimeout(this.idle);
    const { pool } = this;
    this.pool = undefined;
    await pool?.destroy();
  }

  private async run(model: CtrModel, work: Work, gone: AbortSignal): Promise<Reply> {
    gone.throwIfAborted();
    if (this.underWay >= this.threads + this.options.queue) throw this.refusal();
    this.underWay++;
    clearTimeout(this.idle);
    try {
      const reply = await this.send(model, work, false, gone);
      if (reply.kind !== 'model wanted') return reply;
      return await this.send(model, work, true, gone);
    } finally {
      this.underWay--;
      if (this.underWay === 0) this.idle = setTimeout(() => void this.close(), IDLE_MS).unref();
    }
  }

  /** Runs a task, and stops it when its client leaves. */
  private async send(
    model: CtrModel,
    work: Work,
    withModel: boolean,
    gone: AbortSignal,
  ): Promise<Reply> {
    gone.throwIfAborted();
    const begun = new Int32Array(new SharedArrayBuffer(4));
    const stop = new AbortController();
    let grace: NodeJS.Timeout | undefined;
    const leave = (): void => {
      const isWaiting = Atomics.load(begun, 0) === 0;
      const end = (counter: Counter): void => {
        counter.increment();
        stop.abort(gone.reason);
      };
      if (isWaiting) end(this.meters.dropped);
      else grace = setTimeout(() => end(this.meters.ended), GRACE_MS);
    };
    gone.addEventListener('abort', leave, { once: true });
    try {
      const task: Task = {
        model: this.numberOf(model),
        ...(withModel && { shared: model.share() }),
        held: this.held().map((each) => this.numberOf(each)),
        work,
        begun,
      };
      return await this.started().run(task, { signal: stop.signal });
    } finally {
      clearTimeout(grace);
      gone.removeEventListener('abort', leave);
    }
  }

  private started(): Piscina<Task, Reply> {
    if (this.pool !== undefined) return this.pool;
    const pool = new Piscina<Task, Reply>({
      filename: THREAD,
      // Fewer than the most would not come back after one was ended (Piscina 5.3.2).
      minThreads: this.threads,
      maxThreads: this.threads,
      niceIncrement: NICE,
      stricterFIFO: true,
    });
    // Of a thread without a task: nobody else would be told, and the process would end.
    pool.on('error', (err: unknown) => this.meters.logger.error({ err }, 'a thread has failed'));
    return (this.pool = pool);
  }

  private numberOf(model: CtrModel): number {
    const number = this.numbers.get(model) ?? this.nextNumber++;
    this.numbers.set(model, number);
    return number;
  }

  /** Tells to come again when what waits now is done, as far as tasks took so far. */
  private refusal(): ProblemError {
    this.meters.refused.increment();
    const meanMs = this.pool?.histogram.runTime.average ?? 0;
    const seconds = Math.ceil((meanMs * this.underWay) / this.threads / 1000);
    const wait = String(Math.min(MOST_RETRY, Math.max(1, seconds)));
    return new ProblemError('OVERLOADED', { headers: { 'retry-after': wait } });
  }
}
