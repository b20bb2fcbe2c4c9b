import { CtrError, type Registry } from '@adscale/ctr';
import type { ModelFollower } from '../model/follower.js';
import type { RegistryView, TrialState } from './state.js';

/** Tells the registry what a trial wants of it; this process then does as it says. */
export class RegistrySwitch {
  constructor(
    private readonly registry: Registry,
    private readonly follower: Pick<ModelFollower, 'look'>,
  ) {}

  async view(): Promise<RegistryView> {
    const current = await this.registry.current();
    try {
      return { current, canary: (await this.registry.rollout()).canary };
    } catch (error) {
      // A file that cannot be read says nothing; telling it anew mends it.
      if (error instanceof CtrError) return { current, canary: null };
      throw error;
    }
  }

  /**
   * @param isLatest throws if the state has changed since: then the registry has another to do as
   * @throws what `isLatest` throws; CtrError REGISTRY_BUSY, VERSION_UNKNOWN; the system's error of a folder
   *   that is read-only
   */
  async tell(
    { status, version, wanted }: TrialState,
    isLatest: () => Promise<void>,
  ): Promise<void> {
    const registry = this.registry.guardedBy(isLatest);
    if (status === 'promoting') {
      await registry.promote(version);
      await registry.endTrials(version);
    } else {
      await registry.setTrial('canary', wanted);
    }
    await this.follower.look();
  }
}
