import { randomUUID } from 'node:crypto';
import type { Registry } from '@adscale/ctr';
import type { Logger } from 'pino';
import type { ModelChanges } from '../model/changes.js';
import type { ModelFollower } from '../model/follower.js';
import type { ModelLoader } from '../model/loader.js';
import type { ServedModel } from '../model/served-model.js';
import type { OutcomeQueries } from '../outcomes/queries.js';
import { Maturity } from '../outcomes/maturity.js';
import type { Store } from '../store/store.js';
import { AnswerCounting } from './answers.js';
import { TrialEvidence } from './evidence.js';
import { TrialKeeper } from './keeper.js';
import type { TrialQueries } from './queries.js';
import { RegistrySwitch } from './registry-switch.js';
import { TrialSteward } from './steward.js';
import { toldShare } from './told.js';
import { Trials } from './trials.js';

/** What trials are made of besides their store. */
export interface TrialSources {
  readonly registry: Registry;
  readonly follower: ModelFollower;
  readonly loader: ModelLoader;
  readonly served: ServedModel;
  readonly changes: ModelChanges;
  readonly logger: Logger;
  /** Milliseconds between looks without news; 0 for none. */
  readonly pollMs: number;
  /** Milliseconds of the epoch. */
  readonly now?: () => number;
}

/** Gated canaries by the outcomes of this store, and who looks after them. */
export function openTrials(
  store: Store<TrialQueries & OutcomeQueries>,
  { registry, follower, loader, served, changes, logger, pollMs, now = Date.now }: TrialSources,
): { readonly trials: Trials; readonly steward: TrialSteward } {
  const owner = randomUUID();
  const registrySwitch = new RegistrySwitch(registry, follower);
  const keeper = new TrialKeeper(store, registrySwitch, logger, now);
  const maturity = new Maturity(store, now);
  const evidence = new TrialEvidence(store, async (at) => {
    const growth = await maturity.growth();
    return (day) => toldShare(growth, day, at);
  });
  const counting = new AnswerCounting(served, store, owner);
  const parts = { store, keeper, evidence, counting, loader, served };
  const steward = new TrialSteward(parts, logger, { pollMs, owner });
  const trials = new Trials(store, keeper, registrySwitch, logger);
  changes.listen(trials);
  return { trials, steward };
}
