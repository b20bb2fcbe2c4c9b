import { LRUCache } from 'lru-cache';
import { ProblemError } from '../problem/problem.js';
import type { Made, ReportKind, ReportOptions } from './report.js';

/** Reports of different questions that are kept. */
const KEPT = 16;
/** Most questions that wait for the thread. */
const MOST_WAITING = 8;
/**
 * A report is given again for as many times as long as it took to make, also when outcomes have come
 * since: so questions take no more than a tenth of a core, however many outcomes come.
 */
const REST = 10;

interface Kept {
  readonly made: Made;
  /** From when it must be seen whether outcomes have come. */
  readonly until: number;
}

/** What makes reports. */
export interface ReportMaker {
  /** Rejects where the store does. */
  make<K extends ReportKind>(kind: K, options: ReportOptions): Promise<Made<K>>;
  /** Stands for the outcomes there are. Rejects where the store does. */
  revision(): Promise<string>;
}

/**
 * Reports of the outcomes, made one at a time. Who asks what another has asked waits for the same
 * report; one that knows all outcomes is given again.
 */
export class Reports {
  private readonly kept = new LRUCache<string, Kept>({ max: KEPT });
  private readonly underWay = new Map<string, Promise<Made>>();
  private last: Promise<unknown> = Promise.resolve();

  /** @param now milliseconds that only go forward */
  constructor(
    private readonly maker: ReportMaker,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /**
   * The report that answers a question.
   * @throws ProblemError OVERLOADED when too many questions wait; StoreError
   */
  async get<K extends ReportKind>(kind: K, options: ReportOptions): Promise<Made<K>> {
    const key = keyOf(kind, options);
    const kept = this.kept.get(key);
    if (kept !== undefined && this.now() < kept.until) return kept.made as Made<K>;
    return (this.underWay.get(key) ?? this.begin(key, kind, options)) as Promise<Made<K>>;
  }

  /** Takes a report that another process has made; whether it is still up to date is seen when asked. */
  put(kind: ReportKind, made: Made): void {
    this.keep(keyOf(kind, made.options), made, 0);
  }

  private begin(key: string, kind: ReportKind, options: ReportOptions): Promise<Made> {
    if (this.underWay.size >= MOST_WAITING) throw refusal();
    const made = this.inTurn(() => this.refreshed(key, kind, options));
    this.underWay.set(key, made);
    const done = (): void => void this.underWay.delete(key);
    made.then(done, done);
    return made;
  }

  private async refreshed(key: string, kind: ReportKind, options: ReportOptions): Promise<Made> {
    const kept = this.kept.get(key);
    if (kept !== undefined && kept.made.revision === (await this.maker.revision())) {
      return kept.made;
    }
    const made = await this.maker.make(kind, options);
    this.keep(key, made, REST * made.took_ms);
    return made;
  }

  private keep(key: string, made: Made, forMs: number): void {
    this.kept.set(key, { made, until: this.now() + forMs });
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.last.then(work, work);
    this.last = turn;
    return turn;
  }
}

function keyOf(kind: ReportKind, options: ReportOptions): string {
  return JSON.stringify([kind, options]);
}

function refusal(): ProblemError {
  const detail = 'Too many different questions about outcomes wait already.';
  return new ProblemError('OVERLOADED', { detail, headers: { 'retry-after': '5' } });
}
