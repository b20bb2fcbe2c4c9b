import {
  type EffectivenessReport,
  type MonitoringReport,
  type Reference,
  type ReportOptions as Asked,
  effectiveness,
  monitor,
  referenceOfCard,
} from '@adscale/monitor';
import type { Kysely } from 'kysely';
import type { Prices } from '../prices.js';
import type { Tables } from '../store/tables.js';
import { trainingOf } from '../outcomes/kept-models.js';
import { dayOf, startOf } from '../outcomes/days.js';
import { growthFrom, growthRows } from '../outcomes/growth.js';
import { outcomePages } from './cells.js';
import { marksOf, outcomeMarks } from './marks.js';

/** What is asked about outcomes. */
export interface ReportOptions {
  /** First and last day, UTC, `YYYY-MM-DD`. */
  readonly from: string;
  readonly to: string;
  readonly young: 'correct' | 'leave-out';
  /** How often something may be found that is not there, in (0, 0.5]. */
  readonly alpha: number;
  readonly prices: Prices;
  /** Only outcomes of this version. */
  readonly model?: string;
}

/** What reports there are. */
export interface ReportKinds {
  readonly monitoring: MonitoringReport;
  readonly effectiveness: EffectivenessReport;
}
export type ReportKind = keyof ReportKinds;

/** A report, and what it knew. Plain data. */
export interface Made<K extends ReportKind = ReportKind> {
  readonly options: ReportOptions;
  /** Stands for the outcomes that it knew. */
  readonly revision: string;
  readonly made_at: string;
  readonly took_ms: number;
  readonly report: ReportKinds[K];
  /** The version that was asked for has no outcomes in these days, and never gave a prediction id. */
  readonly is_unknown?: boolean;
}

/** Reads the outcomes of these days and judges them; takes seconds where there are millions of cells. */
export async function makeReport<K extends ReportKind>(
  db: Kysely<Tables>,
  { kind, options }: { readonly kind: K; readonly options: ReportOptions },
): Promise<Made<K>> {
  const start = performance.now();
  // Before the outcomes are read: what comes meanwhile may be missing, and is looked for again.
  const { revision } = marksOf(await outcomeMarks(db));
  const { model, ...asked } = options;
  const now = Date.now();
  let cells = 0;
  const wanted = { ...options, since: startOf(dayOf(now)) };
  const pages = counted(outcomePages(db, wanted), (count) => (cells += count));
  const growing = { ...asked, ...(await growthOf(db, now)) };
  const report =
    kind === 'monitoring'
      ? await monitor(pages, { ...growing, trainingOf: (version) => referenceFor(db, version) })
      : await effectiveness(pages, growing);
  return {
    ...{ options, revision, made_at: new Date().toISOString() },
    took_ms: Math.round(performance.now() - start),
    report: report as ReportKinds[K],
    ...(model !== undefined && cells === 0 && { is_unknown: !(await hasServed(db, model)) }),
  };
}

/** What inputs of a model are compared with to tell where it extrapolates. */
async function referenceFor(db: Kysely<Tables>, version: string): Promise<Reference | undefined> {
  const training = await trainingOf(db, version);
  return training && referenceOfCard({ training });
}

async function* counted<T>(
  pages: AsyncIterable<readonly T[]>,
  count: (items: number) => void,
): AsyncGenerator<readonly T[]> {
  for await (const page of pages) {
    count(page.length);
    yield page;
  }
}

async function hasServed(db: Kysely<Tables>, version: string): Promise<boolean> {
  const kept = db.selectFrom('models').select('version').where('version', '=', version);
  return (await kept.executeTakeFirst()) !== undefined;
}

/** How days grow, by what the store was told of days when they were younger. */
async function growthOf(
  db: Kysely<Tables>,
  now: number,
): Promise<Pick<Asked, 'growth' | 'growthSegmentOf'>> {
  const growth = growthFrom(await growthRows(db, { now }), now);
  const names = new Set(Object.keys(growth.segments).map((segment) => segment.split('=')[0]));
  return {
    growth,
    growthSegmentOf: ({ record }) => {
      for (const name of names) {
        const segment = `${name}=${record[name]}`;
        if (segment in growth.segments) return segment;
      }
      return undefined;
    },
  };
}
