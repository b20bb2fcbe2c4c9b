import type { ModelAdmin } from '../model/admin.js';
import { ProblemError } from '../problem/problem.js';
import type { TriedVersion } from './queries.js';
import type { TrialState } from './state.js';
import type { TrialSteward } from './steward.js';
import type { GatedCanary, Order, Trials } from './trials.js';

/** Where the routes ask for trials. Everything throws ProblemError OUTCOMES_OFF where outcomes are off. */
export class TrialDesk {
  /** @param open undefined where outcomes are off */
  constructor(
    private readonly open: { readonly trials: Trials; readonly steward: TrialSteward } | undefined,
  ) {}

  /** @see Trials.begin */
  async begin(admin: ModelAdmin, canary: GatedCanary): Promise<void> {
    const { trials, steward } = this.required();
    await trials.begin(admin, canary);
    // Its steward knows of it from now on; nobody waits for what it finds.
    void steward.look();
  }

  /** @see Trials.order */
  order(order: Order): Promise<TrialState> {
    return this.required().trials.order(order);
  }

  /** @see Trials.latest */
  latest(version: string): Promise<TrialState> {
    return this.required().trials.latest(version);
  }

  /** @see Trials.tried @returns none where outcomes are off: there are no trials without them */
  async tried(): Promise<TriedVersion[]> {
    return this.open === undefined ? [] : this.open.trials.tried();
  }

  private required() {
    if (this.open !== undefined) return this.open;
    throw new ProblemError('OUTCOMES_OFF', {
      detail: 'A gate judges by outcomes. Set OUTCOMES_URL to a file or a database to keep them.',
    });
  }
}
