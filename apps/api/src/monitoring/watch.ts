/*
 * Looks at the outcomes again and again, so that somebody is told when a model is off:
 *
 *   every MONITORING_SECONDS: have outcomes come, or other models?
 *      └─yes─▶ is it ours to look? ──no──▶ the report that another process has kept
 *                 │ yes (a lease in the store)
 *                 ▼
 *              report ──▶ kept for the others ──▶ causes ──▶ alerts ──▶ messages in the outbox
 *   then, whoever we are: messages that are due
 *
 * Nothing here is waited for by whoever serves, and nothing that fails ends it: the next look tries
 * again.
 */
import type { Logger } from 'pino';
import type { Alert } from '../alerts/alert.js';
import type { Outbox } from '../alerts/outbox.js';
import type { AlertQueries, DeliveryState } from '../alerts/queries.js';
import type { Store } from '../store/store.js';
import { causesOf } from './causes.js';
import { type Marks, marksOf } from './marks.js';
import type { MonitoringQueries } from './queries.js';
import type { Made, ReportOptions } from './report.js';
import type { Reports } from './reports.js';

/** How long the looking is one process's, if it is not heard of: longer than a report should take. */
const LEASE_MS = 120_000;
const LEASE = 'monitoring';
/** Alerts that ended within this time are told of as well. */
const TOLD_MS = 7 * 86_400_000;

/** What a watch looks at and tells. */
export interface WatchParts {
  readonly store: Pick<Store<AlertQueries & MonitoringQueries>, 'run'>;
  readonly reports: Reports;
  /** Undefined where nobody is to be told. */
  readonly outbox: Outbox | undefined;
  /** What is asked of the report that alerts are raised by. */
  readonly options: () => ReportOptions;
  /** Versions that answer now. */
  readonly serving: () => readonly string[];
  /** Names this process among all that share the store. */
  readonly holder: string;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
  readonly now?: () => number;
}

/** What was seen last. */
export interface Seen {
  /** Undefined while there is none. */
  readonly made: Made<'monitoring'> | undefined;
  readonly alerts: readonly Alert[];
  readonly deliveries: DeliveryState;
  /** When the report was last known to know all outcomes, in milliseconds since 1970. */
  readonly checkedAt: number | undefined;
}

export class Watch {
  private seen: Seen = {
    made: undefined,
    alerts: [],
    deliveries: { waiting: 0, abandoned: 0, lastReason: null },
    checkedAt: undefined,
  };
  /** Stands for the report and the models that alerts were last raised by. */
  private judged = '';
  private marks: Marks | undefined;
  private timer: NodeJS.Timeout | undefined;
  private looking: Promise<void> | undefined;
  private isClosed = false;
  private lastFailure = '';

  constructor(private readonly parts: WatchParts) {}

  /** What was seen last; nothing is asked for it. */
  get latest(): Seen {
    return this.seen;
  }

  /** What the store last said of its outcomes. */
  get latestMarks(): Marks | undefined {
    return this.marks;
  }

  /** Looks at once, and then after each pause. */
  start(everyMs: number): void {
    const again = (): void => {
      if (this.isClosed) return;
      this.timer = setTimeout(() => void this.look().then(again), everyMs).unref();
    };
    void this.look().then(again);
  }

  /** Waits for the look under way, and gives the lease back. */
  async close(): Promise<void> {
    this.isClosed = true;
    clearTimeout(this.timer);
    await this.parts.outbox?.close();
    await this.looking;
    const { store, holder } = this.parts;
    await store.run('dropLease', { name: LEASE, holder }).catch(() => {});
  }

  /** Looks once. Never rejects: what fails is logged, the same failure once. */
  look(): Promise<void> {
    return (this.looking ??= this.tryLook().finally(() => (this.looking = undefined)));
  }

  private async tryLook(): Promise<void> {
    try {
      await this.judge();
      await this.parts.outbox?.deliver();
      await this.collect();
      this.lastFailure = '';
    } catch (err) {
      const failure = String(err);
      if (failure !== this.lastFailure) this.parts.logger.warn({ err }, 'outcomes not judged');
      this.lastFailure = failure;
    }
  }

  /** Brings the report up to date, and the alerts if that is for this process to do. */
  private async judge(): Promise<void> {
    const { store, reports, holder, serving, options, now = Date.now } = this.parts;
    this.marks = await store.run('outcomeMarks', null);
    if (marksOf(this.marks).isEmpty) return;
    if (this.seen.made === undefined) await this.takeOver();
    const wanted = options();
    const lease = { name: LEASE, holder, now: now(), forMs: LEASE_MS };
    if (!(await store.run('takeLease', lease))) return this.takeOver();
    const made = await reports.get('monitoring', wanted);
    const versions = serving();
    const judged = JSON.stringify([made.revision, wanted, versions]);
    this.seen = { ...this.seen, made, checkedAt: now() };
    // Without a model, as at a start, nothing is known of which alerts still matter.
    if (judged === this.judged || versions.length === 0) return;
    await store.run('keepReport', { name: LEASE, made: JSON.stringify(made) });
    await this.raise(made, versions);
    this.judged = judged;
  }

  private async raise(made: Made<'monitoring'>, serving: readonly string[]): Promise<void> {
    const { store, outbox, logger, now = Date.now } = this.parts;
    const { revision, report } = made;
    const evaluation = { causes: causesOf(report), revision, serving, at: now() };
    const isTold = outbox !== undefined;
    const { opened, resolved } = await store.run('evaluateAlerts', { evaluation, isTold });
    for (const { kind, title: cause, model } of opened) {
      logger.warn({ kind, cause, model_version: model }, 'alert');
    }
    for (const { title: cause, model, reason } of resolved) {
      logger.info({ cause, model_version: model, reason }, 'alert resolved');
    }
  }

  /** The report of the process that looks. */
  private async takeOver(): Promise<void> {
    const { store, reports } = this.parts;
    const text = await store.run('keptReport', { name: LEASE });
    if (text === null) return;
    const made = JSON.parse(text) as Made<'monitoring'>;
    reports.put('monitoring', made);
    this.seen = { ...this.seen, made, checkedAt: Date.parse(made.made_at) };
  }

  /** What is kept of alerts now, beside the latest report. @throws StoreError */
  async collect(): Promise<Seen> {
    const { store, now = Date.now } = this.parts;
    const alerts = await store.run('listAlerts', { since: now() - TOLD_MS });
    const deliveries = await store.run('deliveryState', null);
    return (this.seen = { ...this.seen, alerts, deliveries });
  }
}
