import { type Growth, type GrowthRow, learnGrowth } from '@adscale/monitor';
import type { Kysely } from 'kysely';
import type { Store } from '../store/store.js';
import type { Tables } from '../store/tables.js';
import { dayOf, daysBefore } from './days.js';
import type { OutcomeQueries } from './queries.js';

/** Days that growth is learnt from: what platforms did a year ago they may do differently. */
export const LEARNT_DAYS = 150;
/** How long what was learnt is used, in milliseconds. */
const KEPT_MS = 60_000;

/** How counts of days grew with their age, for `learnGrowth`. */
export function growthRows(
  db: Kysely<Tables>,
  { from }: { readonly from: string },
): Promise<GrowthRow[]> {
  return db
    .selectFrom('growth')
    .select(['day', 'segment', 'age', 'first_impressions', 'first_clicks'])
    .select(['more_impressions', 'more_clicks'])
    .where('day', '>=', from)
    .orderBy('day')
    .execute();
}

/** Knows how much of a young day's counts is there, as far as restatements have shown. */
export class Maturity {
  private learnt: { readonly at: number; readonly growth: Promise<Growth> } | undefined;

  /** @param now a clock in milliseconds since 1970 */
  constructor(
    private readonly store: Pick<Store<OutcomeQueries>, 'run'>,
    private readonly now: () => number,
  ) {}

  /** How counts grow; learnt anew once a minute. @throws StoreError */
  growth(): Promise<Growth> {
    const at = this.now();
    if (this.learnt === undefined || at - this.learnt.at >= KEPT_MS) {
      const growth = this.learn(at);
      this.learnt = { at, growth };
      // What could not be learnt is not kept.
      growth.catch(() => (this.learnt = undefined));
    }
    return this.learnt.growth;
  }

  private async learn(at: number): Promise<Growth> {
    const today = dayOf(at);
    const rows = await this.store.run('growthRows', { from: daysBefore(today, LEARNT_DAYS) });
    const named = rows.map((row) => ({ ...row, segment: row.segment === '' ? null : row.segment }));
    return learnGrowth(named, daysBefore(today, 1));
  }
}
