import type { ModelLoader } from './loader.js';
import type { ModelLog } from './model-log.js';
import { ROLES, type Role, type RolloutFile, type Trial, isReadOnly } from './rollout.js';
import type { ServedModel } from './served-model.js';

/**
 * Tries what the rollout file names. A model that cannot be tried is refused, and nothing is tried
 * in its place: what was tried before is not wanted any more.
 */
export class TrialFollower {
  constructor(
    private readonly rollouts: RolloutFile,
    private readonly loader: ModelLoader,
    private readonly served: ServedModel,
    private readonly log: ModelLog,
  ) {}

  /** Looks at the file once and takes up what is new; then lets go of models not needed any more. */
  async follow(): Promise<void> {
    try {
      const rollout = await this.rollouts.read();
      const current = this.served.current?.model.version;
      for (const role of ROLES) {
        const trial = rollout[role];
        const isOver = trial !== null && trial.version === current;
        if (isOver) await this.end(trial.version);
        await this.followRole(role, isOver ? null : trial);
      }
      this.log.taken('rollout');
    } catch (error) {
      this.log.refused('rollout', undefined, error);
    }
    this.loader.retain(this.served.models().map(({ version }) => version));
  }

  /**
   * What serves everybody is not on trial any more, also not after a later roll-back: the file must
   * forget it. Where this process may only read it, it stays, and is passed over.
   */
  private async end(version: string): Promise<void> {
    try {
      await this.rollouts.end(version);
    } catch (error) {
      if (!isReadOnly(error)) throw error;
    }
  }

  private async followRole(role: Role, wanted: Trial | null): Promise<void> {
    const tried = this.served.trial(role);
    if (wanted?.version === tried?.version && wanted?.percent === tried?.percent) {
      return this.log.taken(role);
    }
    try {
      if (wanted === null) this.served.endTrial(role);
      else {
        const model = await this.loader.load(wanted.version);
        this.served.tryOut(role, model, wanted.percent);
      }
      this.log.tries(role, wanted);
      this.log.taken(role);
    } catch (error) {
      this.served.endTrial(role);
      this.log.refused(role, wanted?.version, error);
    }
  }
}
