import type { Logger } from 'pino';
import type { Store } from '../store/store.js';
import type { KeptTrial, TrialQueries } from './queries.js';
import type { RegistrySwitch } from './registry-switch.js';
import { agreement, confirm, end, isConfirmed, isOver, type TrialState } from './state.js';

/** As much of the store as trials ask. */
export type TrialStore = Pick<Store<TrialQueries>, 'run'>;

/** Somebody else has changed the trial meanwhile: it is to be read again. */
export class TrialOutdatedError extends Error {
  override readonly name = 'TrialOutdatedError';
}

/** Between the store and the registry, so many times at most is one told after the other changed. */
const MOST_TURNS = 4;

/** Keeps trials in the store, and the registry as they want it. */
export class TrialKeeper {
  constructor(
    private readonly store: TrialStore,
    private readonly registry: Pick<RegistrySwitch, 'view' | 'tell'>,
    private readonly logger: Pick<Logger, 'info'>,
    /** Milliseconds of the epoch. */
    readonly now: () => number = Date.now,
  ) {}

  /** The trial that is not over. @throws StoreError */
  open(): Promise<KeptTrial | undefined> {
    return this.store.run('openTrial', undefined);
  }

  /**
   * Keeps the next state of a trial, and logs what is new in its history.
   * @param others trials that are changed with it, or not at all
   * @throws TrialOutdatedError, StoreError; then nothing has changed
   */
  async save(
    kept: KeptTrial | undefined,
    state: TrialState,
    others: readonly [KeptTrial, TrialState][] = [],
  ): Promise<KeptTrial> {
    const revision = kept?.revision ?? 0;
    const changes = others.map(([{ revision }, state]) => changeOf(revision, state));
    const saved = await this.store.run('saveTrials', {
      changes: [...changes, changeOf(revision, state)],
    });
    if (!saved) throw new TrialOutdatedError('the trial was changed meanwhile');
    for (const [{ state: before }, after] of others) this.log(before, after);
    this.log(kept?.state, state);
    return { revision: revision + 1, state };
  }

  /**
   * Has the registry do as the trial wants, or ends the trial if somebody else has decided.
   * @throws TrialOutdatedError, StoreError, and whatever the registry throws
   */
  async settle(kept: KeptTrial): Promise<KeptTrial> {
    for (let turn = 0; turn < MOST_TURNS; turn++) {
      const { state } = kept;
      if (isOver(state.status)) return kept;
      const view = await this.registry.view();
      const found = agreement(state, view);
      if (found === 'agreed') {
        return isConfirmed(state) ? kept : await this.save(kept, confirm(state));
      }
      if (found === 'untold') {
        await this.registry.tell(state, () => this.checkLatest(kept));
      } else if ('replaced' in found) {
        // Nothing is left that the canary could be compared with.
        const clears = view.canary?.version === state.version && view.current !== state.version;
        kept = await this.save(kept, end(state, this.now(), found.replaced, clears));
      } else {
        kept = await this.save(kept, end(state, this.now(), found.changed));
      }
    }
    return kept;
  }

  /**
   * Of two that look after a trial, one may be late: what it was to do may be of a trial that is over by the
   * time that its turn comes.
   */
  private async checkLatest({ revision, state }: KeptTrial): Promise<void> {
    const open = await this.open();
    if (open?.revision !== revision || open.state.id !== state.id) {
      throw new TrialOutdatedError('the trial was changed meanwhile');
    }
  }

  private log(before: TrialState | undefined, state: TrialState): void {
    const fresh = state.events - (before?.events ?? 0);
    if (fresh <= 0) return;
    for (const { event, by, percent, words, evidence } of state.history.slice(-fresh)) {
      const e_values = evidence?.tests.map(({ name, e_value, bound }) => [name, e_value, bound]);
      const facts = { model_version: state.version, event, by, percent, reason: words, e_values };
      this.logger.info(facts, `trial ${event}`);
    }
  }
}

function changeOf(revision: number, state: TrialState) {
  return { revision, state, isOver: isOver(state.status) };
}
