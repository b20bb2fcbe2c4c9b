import { randomBytes } from 'node:crypto';
import type { Counter } from '@adscale/stats';
import type { Logger } from 'pino';
import type { AnsweredDecision, DecisionKeeper } from '../decisions/decision-keeper.js';
import type { DecisionRow } from '../store/decision-tables.js';
import type { Store } from '../store/store.js';
import { packed } from './content.js';
import type { DecisionQueries } from './queries.js';

/** Largest request and answer that are kept together, in characters: ten thousand entries. */
const MOST_OF_ONE = 4 * 2 ** 20;
/** Most of what waits to be written, in characters; decisions beyond are not kept. */
const MOST_WAITING = 32 * 2 ** 20;
/** How long decisions wait for others, to be written together. */
const PAUSE_MS = 50;
/** A write has at most so many decisions. */
const MOST_OF_A_BATCH = 100;
const DAY_MS = 86_400_000;
/** How often old decisions are looked for, and how many are dropped at once. */
const PRUNE_MS = 3_600_000;
/** They are looked for too when so large a part of the most has been written. */
const PRUNE_SHARE = 0.1;
const MOST_PRUNED = 1000;

interface LogOptions {
  /** How long decisions are kept; 0: for ever. */
  readonly days: number;
  /** How many are kept, about; 0: any number. */
  readonly most: number;
  /** Milliseconds since 1970. Default: the machine's clock. */
  readonly now?: () => number;
  /** Decisions that could not be kept. */
  readonly lost: Pick<Counter, 'increment'>;
  readonly logger: Pick<Logger, 'warn'>;
}

type DecisionStore = Pick<Store<DecisionQueries>, 'run' | 'status'>;

/**
 * Keeps the answers of decisions in the store. They are packed on threads of Node's own and written
 * together, while the answers are on their way: a write that fails loses its decisions, is logged and counted,
 * and fails no answer.
 */
export class DecisionLog implements DecisionKeeper {
  private readonly waiting: (AnsweredDecision & { readonly id: string; readonly at: number })[] =
    [];
  private size = 0;
  private timer: NodeJS.Timeout | undefined;
  private writing: Promise<void> = Promise.resolve();
  private prunedAt = -Infinity;
  private written = 0;
  private readonly now: () => number;

  constructor(
    private readonly store: DecisionStore,
    private readonly options: LogOptions,
  ) {
    this.now = options.now ?? Date.now;
  }

  /**
   * Takes an answer to be kept.
   * @returns its id; undefined if it cannot be kept: the store is down, too much waits, or it is too large
   */
  keep(decision: AnsweredDecision): string | undefined {
    const size = decision.request.length + decision.answer.length;
    const { store, options } = this;
    if (size > MOST_OF_ONE || this.size + size > MOST_WAITING || !store.status.available) {
      options.lost.increment();
      return undefined;
    }
    // A letter first: what begins with a dash is a flag on command lines.
    const id = `d${randomBytes(12).toString('base64url')}`;
    this.size += size;
    this.waiting.push({ ...decision, id, at: this.now() });
    // One that hardly anybody waits for must not keep a process that wants to end.
    this.timer ??= setTimeout(() => void this.flush(), PAUSE_MS).unref();
    return id;
  }

  /** Resolves when all that was taken is written or lost. */
  async flush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.writing = this.writing.then(() => this.writeAll());
    await this.writing;
  }

  private async writeAll(): Promise<void> {
    while (this.waiting.length > 0) {
      const batch = this.waiting.splice(0, MOST_OF_A_BATCH);
      try {
        const rows = await Promise.all(batch.map(rowOf));
        await this.store.run('keepDecisions', rows);
        this.written += rows.length;
        await this.prune();
      } catch (err) {
        for (let i = 0; i < batch.length; i++) this.options.lost.increment();
        this.options.logger.warn({ err, decisions: batch.length }, 'decisions are not kept');
      }
      for (const { request, answer } of batch) this.size -= request.length + answer.length;
    }
  }

  /** Drops what is too old or too much, in small steps, now and then. */
  private async prune(): Promise<void> {
    const { days, most } = this.options;
    const now = this.now();
    const isFull = most > 0 && this.written >= most * PRUNE_SHARE;
    if (!isFull && now - this.prunedAt < PRUNE_MS) return;
    this.prunedAt = now;
    this.written = 0;
    const excess = most > 0 ? await this.store.run('excessBefore', most) : 0;
    const before = Math.max(excess, days > 0 ? now - days * DAY_MS : 0);
    const old = { before, most: MOST_PRUNED };
    while ((await this.store.run('pruneDecisions', old)) === MOST_PRUNED);
  }
}

async function rowOf({
  request,
  answer,
  ...row
}: AnsweredDecision & { readonly id: string; readonly at: number }): Promise<DecisionRow> {
  return { ...row, content: await packed(request, answer) };
}
