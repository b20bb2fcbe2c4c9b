import { randomUUID } from 'node:crypto';
import type { GateOptions } from '@adscale/monitor';
import type { Logger } from 'pino';
import { type ModelAdmin, registryProblem } from '../model/admin.js';
import type { Changed, ChangeListener } from '../model/changes.js';
import { askable, refuseUnavailable } from '../outcomes/ask-store.js';
import { dayOf } from '../outcomes/days.js';
import { ProblemError } from '../problem/problem.js';
import { StoreError } from '../store/errors.js';
import { type TrialKeeper, TrialOutdatedError, type TrialStore } from './keeper.js';
import type { KeptTrial, TriedVersion } from './queries.js';
import type { RegistrySwitch } from './registry-switch.js';
import {
  abort,
  begin,
  end,
  hold,
  isOver,
  isSuch,
  promote,
  resume,
  type TrialState,
} from './state.js';

/** A gated canary as an operator wants it. */
export interface GatedCanary {
  readonly version: string;
  /** Position of its first step; undefined for the first, or where such a trial has come to. */
  readonly step: number | undefined;
  readonly options: GateOptions;
}

/** What an operator may say of a trial. */
export type Order = 'hold' | 'resume' | 'promote' | 'abort';

/** Looks change a trial as well; so often is an operator's word tried to come between. */
const MOST_TRIES = 20;
/** Versions that are listed as tried, at most. */
const MOST_TRIED = 100;
/** So long an operator's change may take. */
const CHANGE_MS = 10_000;

/** What operators do with gated canaries: their word is the last. */
export class Trials implements ChangeListener {
  constructor(
    private readonly store: TrialStore,
    private readonly keeper: TrialKeeper,
    private readonly registry: Pick<RegistrySwitch, 'view'>,
    private readonly logger: Pick<Logger, 'error'>,
    /** How long an operator waits for the store, where it is only to be told. */
    private readonly patienceMs = 2000,
  ) {}

  /**
   * Begins a trial, instead of one that is open; one that is just so goes on as it is.
   * @throws ProblemError MODEL_VERSION_UNKNOWN, MODEL_NOT_LOADED, MODEL_REFUSED, REGISTRY_READ_ONLY,
   *   REGISTRY_BUSY, OUTCOMES_UNAVAILABLE; then nothing has changed
   */
  async begin(admin: ModelAdmin, wanted: GatedCanary): Promise<void> {
    const current = await admin.checkTrial('canary', wanted.version);
    await this.change(async (found) => {
      const isWanted = (kept: KeptTrial) => isSuch(kept.state, wanted, wanted.step);
      // What somebody else has decided of it is noticed first.
      const open = found && isWanted(found) ? await this.settleOr(found, found.state) : found;
      if (open === undefined || !isWanted(open)) await this.replace(open, current, wanted);
    });
  }

  /** @param found the trial that was open, and perhaps is */
  private async replace(
    found: KeptTrial | undefined,
    current: string,
    { version, step = 0, options }: GatedCanary,
  ): Promise<void> {
    const now = this.keeper.now();
    const { canary: before } = await this.registry.view();
    const [today] = await this.store.run('markedDays', { from: dayOf(now) });
    const open = found && !isOver(found.state.status) ? found : undefined;
    const ended = open && end(open.state, now, `an operator began a trial of ${version}`);
    const earlier =
      ended?.version === version
        ? ended
        : (await this.store.run('latestTrial', { version }))?.state;
    const canary = { version, current, options, step, before, history: earlier?.history ?? [] };
    const state = begin({ id: randomUUID(), ...canary, clicks: today?.clicks ?? 0, now });
    const kept = await this.keeper.save(undefined, state, open && ended ? [[open, ended]] : []);
    await this.carryOut(kept, end(state, now, 'the registry could not be changed'));
  }

  /**
   * Follows an operator's word on the trial that is open.
   * @returns the trial as it is then
   * @throws ProblemError NO_TRIAL, REGISTRY_READ_ONLY, REGISTRY_BUSY, OUTCOMES_UNAVAILABLE
   */
  order(order: Order): Promise<TrialState> {
    return this.change(async (found) => {
      // What was decided before is done first, and what somebody else has decided is noticed.
      const open = found && (await this.settleOr(found, found.state));
      if (open === undefined || isOver(open.state.status)) throw new ProblemError('NO_TRIAL');
      const next = ordered(open.state, order, this.keeper.now());
      if (next === open.state) return next;
      return this.carryOut(await this.keeper.save(open, next), open.state);
    });
  }

  /** The latest trial of a version. @throws ProblemError NO_TRIAL, OUTCOMES_UNAVAILABLE */
  async latest(version: string): Promise<TrialState> {
    const kept = await askable(this.store.run('latestTrial', { version }));
    if (kept === undefined) {
      throw new ProblemError('NO_TRIAL', { detail: `${version} has had no gated trial.` });
    }
    return kept.state;
  }

  /** Versions that were on trial, the latest first. @throws ProblemError OUTCOMES_UNAVAILABLE */
  tried(): Promise<TriedVersion[]> {
    return askable(this.store.run('triedVersions', { most: MOST_TRIED }));
  }

  /**
   * A change is about to come from an operator: until it is told of, no steward is to find it. What one
   * decides meanwhile is outdated.
   */
  async before(changed: Changed): Promise<void> {
    if (changed === 'shadow') return;
    await this.tell(async (open) => {
      await this.keeper.save(open, open.state);
      const until = this.keeper.now() + CHANGE_MS;
      await this.store.run('seizeTrial', { id: open.state.id, owner: 'an operator', until });
    });
  }

  /** What operators change otherwise ends the trial: then it is theirs. */
  async after(changed: Changed, words: string): Promise<void> {
    if (changed === 'shadow') return;
    await this.tell(async (open) => {
      const { canary } = await this.registry.view();
      // A canary that is compared with what serves no more must not go on unwatched.
      const clears = changed === 'current' && canary?.version === open.state.version;
      const next = end(open.state, this.keeper.now(), `an operator ${words}`, clears);
      await this.keeper.settle(await this.keeper.save(open, next));
    });
  }

  /**
   * What the operator wants is done in any case, whatever the store is up to; if need be the steward
   * finds it by itself.
   */
  private async tell(work: (open: KeptTrial) => Promise<void>): Promise<void> {
    const told = this.change(async (open) => open && work(open)).catch((err: unknown) => {
      this.logger.error({ err }, 'the trial of the canary was not told of an operator’s change');
    });
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, this.patienceMs)));
    await Promise.race([told, late]).finally(() => clearTimeout(timer));
  }

  /** Changes what is open, again if somebody else has changed it meanwhile. */
  private async change<T>(work: (open: KeptTrial | undefined) => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries++) {
      try {
        return await work(await this.keeper.open());
      } catch (error) {
        if (!(error instanceof TrialOutdatedError)) return refuseUnavailable(error);
        if (tries >= MOST_TRIES) throw new ProblemError('REGISTRY_BUSY', { cause: error });
      }
    }
  }

  /**
   * Does what was decided and kept. A steward may be at it as well, and go on from there: the word stands,
   * and the trial is told as they have left it.
   */
  private async carryOut(decided: KeptTrial, otherwise: TrialState): Promise<TrialState> {
    for (let tries = 1, kept = decided; ; tries++) {
      try {
        return (await this.settleOr(kept, otherwise)).state;
      } catch (error) {
        if (!(error instanceof TrialOutdatedError) || tries >= MOST_TRIES) throw error;
        const latest = await this.store.run('trial', { id: kept.state.id });
        if (latest === undefined || isOver(latest.state.status)) return (latest ?? kept).state;
        kept = latest;
      }
    }
  }

  /** Has the registry do as the trial wants; if it cannot, the trial is as it was. */
  private async settleOr(kept: KeptTrial, otherwise: TrialState): Promise<KeptTrial> {
    try {
      return await this.keeper.settle(kept);
    } catch (error) {
      if (error instanceof TrialOutdatedError || error instanceof StoreError) throw error;
      if (kept.state !== otherwise) await this.keeper.save(kept, otherwise);
      throw registryProblem(error);
    }
  }
}

function ordered(state: TrialState, order: Order, now: number): TrialState {
  const words = 'by an operator';
  if (order === 'hold') return hold(state, now);
  if (order === 'resume') return resume(state, now);
  if (order === 'promote') return promote(state, 'operator', now, `promoted ${words}`);
  return abort(state, 'operator', now, `aborted ${words}`);
}
