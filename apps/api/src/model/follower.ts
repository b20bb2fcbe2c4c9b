import {
  type CtrModel,
  type RecordSchema,
  type Registry,
  ROLES,
  type Role,
  type Trial,
} from '@adscale/ctr';
import type { OnApplicationBootstrap, OnModuleDestroy } from '@nestjs/common';
import type { Logger } from 'pino';
import { type ModelLoader, ModelRefusedError, isReadOnly } from './loader.js';
import { schemaMismatch } from './schema.js';
import type { ServedModel } from './served-model.js';

/** Where models come from and where they go. */
export interface ModelRoute {
  readonly registry: Registry;
  readonly loader: ModelLoader;
  readonly served: ServedModel;
}

export interface FollowerOptions {
  /** Milliseconds between looks; 0 looks at the start and when `look` is called. */
  readonly pollMs: number;
  /**
   * Called when the first model has other features than the routes of this app. Resolves when an
   * app with routes for its features has taken over, and this one has closed. Rejects if that is
   * not possible; then the next look tries again. Without it, such a model is refused.
   */
  readonly onOtherFeatures?: (model: CtrModel) => Promise<void>;
  /** Called when another model has become the current one. */
  readonly onServed?: (model: CtrModel) => void;
}

/** What can be refused: a model to serve or to try, or the file that says what to try. */
type Subject = 'current' | Role | 'rollout';

/**
 * Follows the registry, whoever changes it: the trainer, an operator, or another worker or replica.
 *
 * ```
 * current ───────▶ load and check on another thread ──▶ serve      if refused, the one before stays
 * rollout.json ──▶ load and check on another thread ──▶ try        if refused, nothing is tried
 * ```
 * What it looks at again every two seconds it logs once.
 */
export class ModelFollower implements OnApplicationBootstrap, OnModuleDestroy {
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;
  private last: Promise<void> = Promise.resolve();
  /** What the last look at the pointer and at the trials found: whether they could be read. */
  private readonly read = { pointer: true, rollout: true };
  /** The last refusal that was logged, by subject. */
  private readonly refusals = new Map<Subject, string>();

  constructor(
    private readonly models: ModelRoute,
    private readonly logger: Logger,
    private readonly options: FollowerOptions,
  ) {}

  /** The routes were made for the current model, so it serves already; only trials may be new. */
  async onApplicationBootstrap(): Promise<void> {
    await (this.last = this.followRollout());
    this.lookLater();
  }

  onModuleDestroy(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  /**
   * Looks at the registry once. When it resolves, this process serves and tries what the registry
   * said at the time of the call, or has logged why it does not. Never rejects.
   */
  look(): Promise<void> {
    // One look after another: of two at once, the one that ends last might serve the older model.
    this.last = this.last.then(async () => {
      if (!this.stopped) await this.followPointer();
      if (!this.stopped) await this.followRollout();
    });
    return this.last;
  }

  /** Whether the registry could be read when it was looked at last. What serves goes on serving. */
  get isReadable(): boolean {
    return this.read.pointer && this.read.rollout;
  }

  private lookLater(): void {
    const { pollMs } = this.options;
    if (this.stopped || pollMs === 0) return;
    this.timer = setTimeout(() => void this.look().then(() => this.lookLater()), pollMs);
    this.timer.unref();
  }

  private async followPointer(): Promise<void> {
    const { registry, served } = this.models;
    let version: string | undefined;
    try {
      version = await this.reading('pointer', registry.current());
      if (version !== undefined && version !== served.current?.model.version) {
        await this.serve(version);
      }
      this.refusals.delete('current');
    } catch (error) {
      this.logRefusal('current', version, error);
    }
  }

  /** Notes whether this could be read when that is known: while it is asked, what was found last holds. */
  private async reading<T>(what: keyof ModelFollower['read'], asked: Promise<T>): Promise<T> {
    try {
      const answer = await asked;
      this.read[what] = true;
      return answer;
    } catch (error) {
      this.read[what] = false;
      throw error;
    }
  }

  /**
   * The features that a model must have to be served. Undefined for any: while no model serves, an
   * app for other features can take over.
   */
  get wantedSchema(): RecordSchema | undefined {
    const { served } = this.models;
    const canGiveWay = served.current === undefined && this.options.onOtherFeatures !== undefined;
    return canGiveWay ? undefined : served.schema;
  }

  private async serve(version: string): Promise<void> {
    const { loader, served } = this.models;
    const { onOtherFeatures, onServed } = this.options;
    const wanted = this.wantedSchema;
    const model = await loader.load(version, wanted);
    const isOther = schemaMismatch(served.schema, model.schema) !== undefined;
    if (wanted === undefined && isOther && onOtherFeatures !== undefined) {
      await onOtherFeatures(model).catch((cause: unknown) => {
        const refusal = new ModelRefusedError('no routes could be made for it', false, { cause });
        throw loader.refuse(version, refusal);
      });
      served.giveWay(version);
      return;
    }
    served.replace(model);
    onServed?.(model);
    const { digest } = model;
    this.logger.info({ model_version: version, model_digest: digest }, 'model served');
  }

  private async followRollout(): Promise<void> {
    const { registry, loader, served } = this.models;
    try {
      const rollout = await this.reading('rollout', registry.rollout());
      const current = served.current?.model.version;
      for (const role of ROLES) {
        const trial = rollout[role];
        const isOver = trial !== null && trial.version === current;
        if (isOver) await this.endTrials(trial.version);
        await this.followRole(role, isOver ? null : trial);
      }
      this.refusals.delete('rollout');
    } catch (error) {
      this.logRefusal('rollout', undefined, error);
    }
    loader.retain(served.models().map(({ version }) => version));
  }

  /**
   * A version that serves everybody is not on trial any more, nor is it after a later roll-back, so
   * the registry must forget the trial. A process that may only read passes over it instead.
   */
  private async endTrials(version: string): Promise<void> {
    try {
      await this.models.registry.endTrials(version);
    } catch (error) {
      if (!isReadOnly(error)) throw error;
    }
  }

  private async followRole(role: Role, wanted: Trial | null): Promise<void> {
    const { loader, served } = this.models;
    const tried = served.trial(role);
    try {
      if (wanted?.version !== tried?.version || wanted?.percent !== tried?.percent) {
        if (wanted === null) served.endTrial(role);
        else {
          const model = await loader.load(wanted.version, served.schema);
          served.tryOut(role, model, wanted.percent);
        }
        this.logTrial(role, wanted);
      }
      this.refusals.delete(role);
    } catch (error) {
      // Whatever was tried before is not wanted any more.
      served.endTrial(role);
      this.logRefusal(role, wanted?.version, error);
    }
  }

  private logTrial(role: Role, trial: Trial | null): void {
    if (trial === null) return this.logger.info({ role }, 'trial ended');
    const { version, percent } = trial;
    this.logger.info({ role, model_version: version, percent }, 'model on trial');
  }

  /** Logs a refusal unless the last look ended with the same. */
  private logRefusal(subject: Subject, version: string | undefined, error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    const refusal = `${version}: ${reason}`;
    if (refusal === this.refusals.get(subject)) return;
    this.refusals.set(subject, refusal);
    const serving = this.models.served.current?.model.version ?? null;
    // The reason is fit for anybody; the log may know more.
    const err = error instanceof ModelRefusedError ? error.cause : error;
    const facts = { role: subject, refused_version: version, reason, serving };
    this.logger.error(err === undefined ? facts : { ...facts, err }, 'model refused');
  }
}
