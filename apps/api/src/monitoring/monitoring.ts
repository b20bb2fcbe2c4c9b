import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Logger } from 'pino';
import { Outbox } from '../alerts/outbox.js';
import type { AlertQueries } from '../alerts/queries.js';
import { Webhook } from '../alerts/webhook.js';
import type { Config } from '../config.js';
import type { ServedModel } from '../model/served-model.js';
import { askable } from '../outcomes/ask-store.js';
import { ProblemError } from '../problem/problem.js';
import type { Store } from '../store/store.js';
import type { Metric } from '../telemetry/metric.js';
import { monitoringMetrics } from './gauges.js';
import { ThreadedReports } from './open.js';
import type { MonitoringQueries } from './queries.js';
import { questionOf } from './question.js';
import { unpriced } from './priced.js';
import type { Made, ReportKind, ReportOptions } from './report.js';
import { Reports } from './reports.js';
import { type Seen, Watch } from './watch.js';

type Settings = Pick<
  Config,
  | 'outcomesUrl'
  | 'monitoringSeconds'
  | 'monitoringDays'
  | 'monitoringPrices'
  | 'alertWebhookUrl'
  | 'alertWebhookSecret'
>;

/** What monitoring is given by the service. */
export interface MonitoringParts {
  readonly config: Settings;
  /** Undefined where outcomes are off. */
  readonly store: Store<AlertQueries & MonitoringQueries> | undefined;
  readonly served: ServedModel;
  readonly logger: Logger;
}

/** Answers questions about outcomes, and looks at them by itself. */
export class Monitoring {
  private readonly maker: ThreadedReports | undefined;
  private readonly reports: Reports | undefined;
  private readonly watch: Watch | undefined;

  constructor(private readonly parts: MonitoringParts) {
    const { store, config, served, logger } = parts;
    if (store === undefined) return;
    const { outcomesUrl, alertWebhookUrl: url, alertWebhookSecret: secret } = config;
    const reason = unpriced(config.monitoringPrices, served.schema);
    if (reason !== undefined) logger.warn({ reason }, 'a price of MONITORING_PRICES is never used');
    const quiet = logger.child({ thread: 'reports' }, { level: 'warn' });
    this.maker = new ThreadedReports(outcomesUrl, quiet);
    this.reports = new Reports(this.maker);
    this.watch = new Watch({
      ...{ store, logger, reports: this.reports },
      outbox: url === '' ? undefined : new Outbox(store, new Webhook(url, secret), logger),
      options: () => this.question({}),
      serving: () => versionsOf(served),
      holder: `${hostname()} ${process.pid} ${randomUUID()}`,
    });
    if (config.monitoringSeconds > 0) this.watch.start(config.monitoringSeconds * 1000);
  }

  /**
   * What a query of a route asks.
   * @throws ProblemError INVALID_QUERY
   */
  question(query: unknown): ReportOptions {
    const { monitoringDays: days, monitoringPrices: prices } = this.parts.config;
    const today = new Date().toISOString().slice(0, 10);
    return questionOf(query, { days, prices, today });
  }

  /** @throws ProblemError MODEL_VERSION_UNKNOWN, OUTCOMES_OFF, OUTCOMES_UNAVAILABLE, OVERLOADED */
  async report<K extends ReportKind>(kind: K, options: ReportOptions): Promise<Made<K>> {
    const { reports } = this;
    if (reports === undefined) throw new ProblemError('OUTCOMES_OFF');
    const made = await askable(reports.get(kind, options));
    const isServed = versionsOf(this.parts.served).includes(options.model ?? '');
    if (made.is_unknown && !isServed) {
      const detail = `Version ${options.model} has no outcomes in these days, and has not served here.`;
      throw new ProblemError('MODEL_VERSION_UNKNOWN', { detail });
    }
    return made;
  }

  /** Looks now, and tells what there is. @throws ProblemError OUTCOMES_OFF, OUTCOMES_UNAVAILABLE */
  async seen(): Promise<Seen> {
    const { watch } = this;
    if (watch === undefined) throw new ProblemError('OUTCOMES_OFF');
    return askable(watch.collect());
  }

  /** What is known, for Prometheus; nothing is asked for it. */
  metrics(): Metric[] {
    const { watch, parts } = this;
    if (watch === undefined || parts.store === undefined) return [];
    const { latest: seen, latestMarks: marks } = watch;
    return monitoringMetrics({ status: parts.store.status, marks, seen });
  }

  /** Ends what is under way; to be called before the store closes. */
  async close(): Promise<void> {
    await this.watch?.close();
    await this.maker?.close();
  }
}

function versionsOf(served: ServedModel): string[] {
  const { current } = served;
  const canary = served.trial('canary')?.version;
  return [current?.model.version, canary].filter((version) => version !== undefined);
}
