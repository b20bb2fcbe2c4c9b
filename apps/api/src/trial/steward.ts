import { decide, type GateDecision } from '@adscale/monitor';
import type { OnApplicationBootstrap, OnModuleDestroy } from '@nestjs/common';
import type { Logger } from 'pino';
import { isReadOnly, type ModelLoader } from '../model/loader.js';
import type { ServedModel } from '../model/served-model.js';
import { StoreError } from '../store/errors.js';
import type { AnswerCounting } from './answers.js';
import type { Gathered, TrialEvidence } from './evidence.js';
import { type TrialKeeper, TrialOutdatedError, type TrialStore } from './keeper.js';
import type { KeptTrial } from './queries.js';
import { abort, grow, isOver, promote, type TrialState } from './state.js';

/** Nobody else looks after a trial for so long after its steward has. */
const LEASE_MS = 30_000;
/** A steward that may not write the registry leaves it to others for so long. */
const STAND_BACK_MS = 60_000;
/** Looks take at most a part of the time: after one, so many times its length is waited. */
const REST = 10;
const LEAST_REST_MS = 200;
/** A look that has found nothing new is kept so often. */
const QUIET_MS = 60_000;

export interface StewardOptions {
  /** Milliseconds between looks without news; 0 for none. */
  readonly pollMs: number;
  /** Tells this process from others. */
  readonly owner: string;
}

/**
 * Looks after the trial that is open: of all processes that share the store one does, by a lease.
 *
 * ```
 * outcomes committed, or a while later ──▶ look ──▶ registry as wanted? ──▶ evidence ──▶ decision
 *                                                                   kept, then told to the registry
 * ```
 * Two at once would do no harm: of two changes of the same state, the store takes one.
 */
export class TrialSteward implements OnApplicationBootstrap, OnModuleDestroy {
  /** The trial as this process last saw it, open or just over. */
  latest: TrialState | undefined;
  private last: Promise<void> = Promise.resolve();
  private timer: NodeJS.Timeout | undefined;
  private nudged: NodeJS.Timeout | undefined;
  private stopped = false;
  private leased: string | undefined;
  private lookMs = 0;
  private standsBackUntil = 0;
  private trouble = '';

  constructor(
    private readonly parts: {
      readonly store: TrialStore;
      readonly keeper: TrialKeeper;
      readonly evidence: TrialEvidence;
      readonly counting: AnswerCounting;
      readonly loader: ModelLoader;
      readonly served: ServedModel;
    },
    private readonly logger: Pick<Logger, 'warn' | 'error'>,
    private readonly options: StewardOptions,
  ) {}

  onApplicationBootstrap(): void {
    this.lookLater();
  }

  onModuleDestroy(): Promise<void> {
    return this.stop();
  }

  /** Resolves when the look that is under way is over. */
  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    clearTimeout(this.nudged);
    await this.last;
    await this.leave();
  }

  /** Others need not wait until the lease is over. */
  private async leave(): Promise<void> {
    const { owner } = this.options;
    const { leased } = this;
    this.leased = undefined;
    if (leased === undefined) return;
    const now = this.parts.keeper.now();
    const lease = { id: leased, owner, now, until: 0 };
    await this.parts.store.run('claimTrial', lease).catch(() => {});
  }

  /** Looks once, after looks that are under way. Never rejects. */
  look(): Promise<void> {
    this.last = this.last.then(async () => {
      if (this.stopped) return;
      const began = performance.now();
      try {
        await this.lookOnce();
        this.trouble = '';
      } catch (error) {
        this.tell(error);
      }
      this.lookMs = performance.now() - began;
    });
    return this.last;
  }

  /** Outcomes have come: there is a look soon, if a trial is open. */
  readonly nudge = (): void => {
    if (this.stopped || this.nudged !== undefined || this.latest === undefined) return;
    if (isOver(this.latest.status)) return;
    const rest = Math.max(LEAST_REST_MS, REST * this.lookMs);
    this.nudged = setTimeout(() => {
      this.nudged = undefined;
      void this.look();
    }, rest).unref();
  };

  private lookLater(): void {
    const { pollMs } = this.options;
    if (this.stopped || pollMs === 0) return;
    const pause = Math.max(pollMs, REST * this.lookMs);
    this.timer = setTimeout(() => void this.look().then(() => this.lookLater()), pause).unref();
  }

  private async lookOnce(): Promise<void> {
    const { store, keeper, counting } = this.parts;
    const open = await keeper.open();
    if (open === undefined) return this.forget();
    this.latest = open.state;
    await counting.keep(open.state);
    const now = keeper.now();
    if (now < this.standsBackUntil) return;
    const { owner } = this.options;
    const lease = { id: open.state.id, owner, now, until: now + LEASE_MS };
    if (!(await store.run('claimTrial', lease))) return;
    this.leased = open.state.id;
    await this.tend(open);
  }

  /** What another process has ended is read once more, for the metrics. */
  private async forget(): Promise<void> {
    if (this.latest === undefined || isOver(this.latest.status)) return;
    const { version } = this.latest;
    this.latest = (await this.parts.store.run('latestTrial', { version }))?.state;
  }

  private async tend(open: KeptTrial): Promise<void> {
    const { keeper, evidence, loader, served } = this.parts;
    let trial = await keeper.settle(open);
    this.latest = trial.state;
    if (isOver(trial.state.status)) return;
    const { version, current } = trial.state;
    const rivals = {
      canary: await loader.load(version, served.schema),
      current: await loader.load(current, served.schema),
    };
    const now = keeper.now();
    const found = await evidence.gather(trial.state, rivals, now);
    const next = looked(trial.state, found, now);
    if (next === undefined) return;
    trial = await keeper.save(trial, next);
    this.latest = trial.state;
    this.latest = (await keeper.settle(trial)).state;
  }

  /** Warns once for as long as the reason stays the same; of the store, others warn. */
  private tell(error: unknown): void {
    if (error instanceof StoreError || error instanceof TrialOutdatedError) return;
    if (isReadOnly(error)) this.standsBackUntil = this.parts.keeper.now() + STAND_BACK_MS;
    const reason = error instanceof Error ? error.message : String(error);
    if (reason === this.trouble) return;
    this.trouble = reason;
    this.logger.warn({ reason, err: error }, 'the trial of the canary could not be looked after');
  }
}

/** What a look has made of a trial; undefined if there is nothing to keep. */
function looked(state: TrialState, found: Gathered, now: number): TrialState | undefined {
  const { evidence, layout, answers } = found;
  const { step, since, clicks, options } = state;
  const decision = decide({ step, since, clicks, answers }, evidence, options, now);
  const seen = { ...state, evidence, layout, looks: state.looks + 1, looked_at: now };
  const next = decided(seen, decision, now);
  const isNews =
    next.wanted !== state.wanted ||
    next.status !== state.status ||
    now - (state.looked_at ?? 0) >= QUIET_MS ||
    JSON.stringify(evidence) !== JSON.stringify(state.evidence);
  return isNews ? next : undefined;
}

function decided(state: TrialState, decision: GateDecision, now: number): TrialState {
  const { action, words } = decision;
  if (action === 'abort') return abort(state, 'gate', now, words);
  if (state.status === 'held') return { ...state, words: `held by an operator; ${words}` };
  if (action === 'grow') return grow(state, decision.step, now, words);
  if (action === 'promote') return promote(state, 'gate', now, words);
  return { ...state, words };
}
