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
 * A task looks between its steps whether its client has left, and the longest step is HiGHS's, of at
 * most 0.8 s: so one that goes on for this long hangs, and its thread is ended. That is the last
 * resort: a new thread took 500 ms of a processor to be as fast as the old one.
 */
const HANGS_MS = 5000;

/** How often threads without work are told of models to drop. */
const SWEEP_MS = 10_000;

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
  /** How long a task may go on whose client has left, in milliseconds. Default: 5,000. */
  readonly hangsMs?: number;
}

/** What a pool tells of itself. */
export interface PoolMeters {
  /** Tasks not taken, because too many waited. */
  readonly refused: Pick<Counter, 'increment'>;
  /** Tasks whose client left while they waited. */
  readonly dropped: Pick<Counter, 'increment'>;
  /** Tasks whose client left while a thread was at them. */
  readonly stopped: Pick<Counter, 'increment'>;
  /** Tasks that hung when their client had left, ended with their thread. */
  readonly ended: Pick<Counter, 'increment'>;
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
 *                     └──▶ answer             client left? it stops at the next step
 * ```
 * Threads start with the first task. Every task goes to one: handing over took 0.2 ms, and how long
 * the work takes cannot be told from the size of its body.
 *
 * The queue is not Piscina's (5.3.2), which ends a thread to give up a task that the thread was handed
 * and has not begun with.
 */
export class WorkPool {
  private readonly threads: number;
  private pool: Piscina<Task, Reply> | undefined;
  private sweeping: NodeJS.Timeout | undefined;
  /** Tasks that threads are at. */
  private running = 0;
  private readonly queue: (() => void)[] = [];
  private readonly numbers = new WeakMap<CtrModel, number>();
  /** Numbers of models that threads may have. */
  private readonly given = new Set<number>();
  private nextNumber = 1;

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
    return this.queue.length;
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
   * @throws ProblemError OVERLOADED; an error when the forest cannot be explained
   */
  async explain(
    model: CtrModel,
    row: Float64Array,
    gone: AbortSignal,
  ): Promise<ExplainedPrediction> {
    const outcome = await this.run(model, { kind: 'explanation', row }, gone);
    return (outcome as Explained).explanation;
  }

  /**
   * Judges a decision of a model by what came of it.
   * @param decision request and answer as JSON
   * @param gone as of `decide`
   * @returns the judgement as JSON
   * @throws ProblemError OVERLOADED; an error when the model cannot have decided this
   */
  async judge(
    model: CtrModel,
    decision: Omit<Extract<Work, { kind: 'hindsight' }>, 'kind'>,
    gone: AbortSignal,
  ): Promise<string> {
    const judged = await this.run(model, { kind: 'hindsight', ...decision }, gone);
    return (judged as Extract<Decided, { kind: 'decided' }>).text;
  }

  /**
   * Has threads drop models that the service does not hold any more. They do so with every task; this
   * is for when there is none, and does nothing while there are some.
   * @returns by thread asked, how many models it has now
   */
  async sweep(): Promise<number[]> {
    const held = this.heldNumbers();
    if (this.pool === undefined || this.running > 0) return [];
    const { pool } = this;
    for (const number of this.given) if (!held.includes(number)) this.given.delete(number);
    const task: Task = { model: 0, held, work: { kind: 'sweep' }, left: flag() };
    const replies = Array.from({ length: this.threads }, () => pool.run(task));
    return (await Promise.all(replies)).map((reply) => ('models' in reply ? reply.models : 0));
  }

  /** Ends the threads, and what they are at. */
  async close(): Promise<void> {
    clearInterval(this.sweeping);
    const { pool } = this;
    this.pool = undefined;
    await pool?.destroy();
  }

  private async run(model: CtrModel, work: Work, gone: AbortSignal): Promise<Reply> {
    gone.throwIfAborted();
    await this.turn(gone);
    try {
      let reply = await this.send(model, work, false, gone);
      if (reply.kind === 'model wanted') reply = await this.send(model, work, true, gone);
      if (reply.kind !== 'stopped') return reply;
      this.meters.stopped.increment();
      throw gone.reason;
    } finally {
      const next = this.queue.shift();
      if (next === undefined) this.running--;
      else next();
    }
  }

  /** Waits until a thread is free. */
  private async turn(gone: AbortSignal): Promise<void> {
    if (this.running < this.threads) {
      this.running++;
      return;
    }
    const { queue, meters } = this;
    if (queue.length >= this.options.queue) throw this.refusal();
    await new Promise<void>((resolve, reject) => {
      const enter = (): void => {
        gone.removeEventListener('abort', leave);
        resolve();
      };
      const leave = (): void => {
        queue.splice(queue.indexOf(enter), 1);
        meters.dropped.increment();
        reject(gone.reason as Error);
      };
      gone.addEventListener('abort', leave, { once: true });
      queue.push(enter);
    });
  }

  /** Hands a task to a thread that is free, and has it stop when its client leaves. */
  private async send(
    model: CtrModel,
    work: Work,
    withModel: boolean,
    gone: AbortSignal,
  ): Promise<Reply> {
    if (gone.aborted) {
      this.meters.dropped.increment();
      throw gone.reason;
    }
    const number = this.numberOf(model);
    const { hangsMs = HANGS_MS } = this.options;
    const left = flag();
    const kill = new AbortController();
    let hanging: NodeJS.Timeout | undefined;
    const leave = (): void => {
      Atomics.store(left, 0, 1);
      hanging = setTimeout(() => {
        this.meters.ended.increment();
        kill.abort(gone.reason);
      }, hangsMs);
    };
    gone.addEventListener('abort', leave, { once: true });
    try {
      if (withModel) this.given.add(number);
      const shared = withModel && { shared: model.share() };
      const task: Task = { model: number, ...shared, held: this.heldNumbers(), work, left };
      return await this.started().run(task, { signal: kill.signal });
    } finally {
      clearTimeout(hanging);
      gone.removeEventListener('abort', leave);
    }
  }

  private started(): Piscina<Task, Reply> {
    if (this.pool !== undefined) return this.pool;
    const pool = new Piscina<Task, Reply>({
      filename: THREAD,
      // With fewer than the most, one that was ended would not be replaced (Piscina 5.3.2).
      minThreads: this.threads,
      maxThreads: this.threads,
      niceIncrement: NICE,
    });
    // Of a thread without a task: nobody else would be told, and the process would end.
    pool.on('error', (err: unknown) => this.meters.logger.error({ err }, 'a thread has failed'));
    this.sweeping = setInterval(() => this.sweepStale(), SWEEP_MS).unref();
    return (this.pool = pool);
  }

  private sweepStale(): void {
    const held = this.heldNumbers();
    if ([...this.given].every((number) => held.includes(number))) return;
    this.sweep().catch((err: unknown) => this.meters.logger.error({ err }, 'models not dropped'));
  }

  private heldNumbers(): number[] {
    return this.held().map((model) => this.numberOf(model));
  }

  private numberOf(model: CtrModel): number {
    const number = this.numbers.get(model) ?? this.nextNumber++;
    this.numbers.set(model, number);
    return number;
  }

  /** Tells to come again when what waits now is done, as far as tasks took so far. */
  private refusal(): ProblemError {
    this.meters.refused.increment();
    // NaN until the first task is done.
    const meanMs = this.pool?.histogram.runTime.average || 0;
    const seconds = Math.ceil((meanMs * (this.queue.length + 1)) / this.threads / 1000);
    const wait = String(Math.min(MOST_RETRY, Math.max(1, seconds)));
    return new ProblemError('OVERLOADED', { headers: { 'retry-after': wait } });
  }
}

/** In shared memory, so that a thread sees it set while it works. */
function flag(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(4));
}
