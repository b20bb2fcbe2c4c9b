import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Logger } from 'pino';
import { type EngineName, engineOf } from './engine-name.js';
import { StoreError } from './errors.js';
import type { FromThread, ThreadData, ToThread } from './messages.js';
import type { Queries, QueryArgs, QueryName, QueryResult } from './query.js';

/** Before a thread that ended is replaced, in milliseconds. */
const RESTART_MS = 1000;

const ENDED = 'the thread of the store has ended';

interface Waiting {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

/** What a store says of itself. */
export interface StoreStatus {
  readonly engine: EngineName;
  /** Whether the database could be used when it was last asked. */
  readonly available: boolean;
  /** Why it could not be used, the last time that it could not; null if it always could. */
  readonly lastError: { readonly at: string; readonly reason: string } | null;
}

type StoreLogger = Pick<Logger, 'info' | 'warn' | 'error'>;

/**
 * The database of everything that comes back or must survive, for the event loop: all work with it is
 * done in one thread, which this passes questions to.
 *
 * ```
 * run ──▶ thread ──▶ queries[name](db, args) ──▶ SQLite or PostgreSQL
 * ```
 * It opens in the background, and again until that succeeds. What is asked while there is no database
 * is refused by a StoreError.
 */
export class Store<Q extends Queries> {
  private worker: Worker;
  private nextId = 1;
  private readonly waiting = new Map<number, Waiting>();
  private readonly openListeners: (() => void)[] = [];
  private isOpen = false;
  /** Whether there is a thread. */
  private isRunning = false;
  private closing: Promise<unknown> | undefined;
  private timer: NodeJS.Timeout | undefined;
  private state: StoreStatus;

  private constructor(
    private readonly where: ThreadData,
    private readonly thread: URL,
    private readonly logger: StoreLogger,
  ) {
    this.state = { engine: engineOf(where.url), available: false, lastError: null };
    this.worker = this.startThread();
  }

  /**
   * Never throws: what cannot be opened is told by `run`.
   * @param url `file:PATH` or `postgres://…`
   * @param maxBytes most bytes of a file; 0: any number
   * @param thread a module that calls `serveQueries` with the queries `Q`
   */
  static open<Q extends Queries>(
    url: string,
    thread: URL,
    logger: StoreLogger,
    maxBytes = 0,
  ): Store<Q> {
    return new Store<Q>({ url, maxBytes }, thread, logger);
  }

  get status(): StoreStatus {
    return this.state;
  }

  /** Whether it will answer nothing any more. */
  get isClosed(): boolean {
    return this.closing !== undefined;
  }

  /** Has `listener` called whenever the database was opened; at once if it is open. */
  onOpen(listener: () => void): void {
    this.openListeners.push(listener);
    if (this.isOpen) listener();
  }

  /**
   * Asks the database.
   * @throws StoreError when it cannot be used; then nothing has changed
   */
  run<N extends QueryName<Q>>(name: N, args: QueryArgs<Q, N>): Promise<QueryResult<Q, N>> {
    if (this.closing !== undefined) return Promise.reject(new StoreError('the store is closed'));
    // A message to a thread that has ended would never be answered.
    if (!this.isRunning) return Promise.reject(new StoreError(ENDED));
    const id = this.nextId++;
    // Who waits for an answer keeps the process alive.
    this.worker.ref();
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve: resolve as (result: unknown) => void, reject });
      this.tell({ kind: 'query', id, name, args });
    });
  }

  /** Ends the thread when what was asked is answered. */
  async close(): Promise<void> {
    clearTimeout(this.timer);
    this.closing ??= this.end();
    await this.closing;
  }

  private async end(): Promise<void> {
    if (!this.isRunning) return;
    const ended = once(this.worker, 'exit');
    this.worker.ref();
    this.tell({ kind: 'close' });
    await ended;
  }

  private tell(message: ToThread): void {
    this.worker.postMessage(message);
  }

  private startThread(): Worker {
    const worker = new Worker(this.thread, { workerData: this.where });
    worker.on('message', (message: FromThread) => this.hear(message));
    worker.on('error', (err) => this.logger.error({ err }, 'the thread of the store has failed'));
    worker.on('exit', () => this.threadEnded());
    // An idle store keeps no process alive.
    worker.unref();
    this.isRunning = true;
    return worker;
  }

  private hear(message: FromThread): void {
    if (message.kind === 'opened') return this.opened();
    if (message.kind === 'failed') return this.failed(message.reason);
    const { id } = message;
    const waiting = this.waiting.get(id);
    this.waiting.delete(id);
    if (this.waiting.size === 0 && this.closing === undefined) this.worker.unref();
    if (message.kind === 'result') {
      this.state = { ...this.state, available: true };
      return waiting?.resolve(message.result);
    }
    const { reason, unavailable } = message;
    if (!unavailable) return waiting?.reject(new Error(`a query of the store failed: ${reason}`));
    this.failed(reason);
    waiting?.reject(new StoreError(reason));
  }

  private opened(): void {
    const { engine, lastError } = this.state;
    this.state = { engine, lastError, available: true };
    this.isOpen = true;
    this.logger.info({ engine }, 'the store is open');
    for (const listener of this.openListeners) listener();
  }

  /** Warns once for as long as the reason stays the same. */
  private failed(reason: string): void {
    const { engine, available, lastError } = this.state;
    const at = new Date().toISOString();
    this.state = { engine, available: false, lastError: { at, reason } };
    if (!available && lastError?.reason === reason) return;
    this.logger.warn({ engine, reason }, 'the store cannot be used');
  }

  private threadEnded(): void {
    this.isOpen = this.isRunning = false;
    const asked = [...this.waiting.values()];
    this.waiting.clear();
    for (const { reject } of asked) reject(new StoreError(ENDED));
    if (this.closing !== undefined) return;
    this.failed(ENDED);
    this.timer = setTimeout(() => (this.worker = this.startThread()), RESTART_MS).unref();
  }
}
