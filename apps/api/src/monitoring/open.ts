import type { Logger } from 'pino';
import { Store } from '../store/store.js';
import { marksOf } from './marks.js';
import type { Made, ReportKind, ReportOptions } from './report.js';
import type { ReportQueries } from './report-queries.js';
import type { ReportMaker } from './reports.js';

/** As built, also where this file is a source: a thread runs files, and sources are none. */
const THREAD = new URL('../../dist/monitoring/thread.js', import.meta.url);

/** Makes reports in a thread that starts when the first one is wanted, and ends with the service. */
export class ThreadedReports implements ReportMaker {
  private thread: Store<ReportQueries> | undefined;

  constructor(
    private readonly url: string,
    private readonly logger: Pick<Logger, 'info' | 'warn' | 'error'>,
  ) {}

  async make<K extends ReportKind>(kind: K, options: ReportOptions): Promise<Made<K>> {
    return (await this.started().run('makeReport', { kind, options })) as Made<K>;
  }

  async revision(): Promise<string> {
    return marksOf(await this.started().run('outcomeMarks', undefined)).revision;
  }

  async close(): Promise<void> {
    await this.thread?.close();
  }

  private started(): Store<ReportQueries> {
    return (this.thread ??= Store.open<ReportQueries>(this.url, THREAD, this.logger));
  }
}
