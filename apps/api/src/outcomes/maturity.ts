import type { Growth } from '@adscale/monitor';
import type { Store } from '../store/store.js';
import { growthFrom } from './growth.js';
import type { OutcomeQueries } from './queries.js';

/** How long what was learnt is used, in milliseconds. */
const KEPT_MS = 60_000;

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
    return growthFrom(await this.store.run('growthRows', { now: at }), at);
  }
}
