import { CtrError, type CtrErrorCode, type Registry } from '@adscale/ctr';
import type { ProblemCode } from '../problem/catalogue.js';
import { ProblemError } from '../problem/problem.js';
import type { ModelFollower } from './follower.js';
import { type ModelLoader, ModelRefusedError } from './loader.js';
import { type Role, type RolloutFile, type Trial, isReadOnly } from './rollout.js';

/**
 * Changes what is served and tried. A model is loaded and checked here first; only then is the
 * registry told, and this process serves it before the call resolves. Others that share the folder
 * follow when they next look. Every change throws ProblemError REGISTRY_READ_ONLY where the folder
 * cannot be written, and REGISTRY_BUSY; whatever is thrown, nothing has changed.
 */
export class ModelAdmin {
  constructor(
    private readonly registry: Registry,
    private readonly rollouts: RolloutFile,
    private readonly loader: ModelLoader,
    private readonly follower: ModelFollower,
  ) {}

  /**
   * Serves a version.
   * @throws ProblemError MODEL_VERSION_UNKNOWN, MODEL_REFUSED
   */
  async promote(version: string): Promise<void> {
    await this.checkKnown(version);
    await this.checkServable(version);
    await this.change(() => this.registry.promote(version));
  }

  /**
   * Serves the version that served before the current one.
   * @throws ProblemError NO_PREVIOUS_MODEL, MODEL_REFUSED
   */
  async rollBack(): Promise<void> {
    const version = await this.registry.previous();
    if (version === undefined) throw new ProblemError('NO_PREVIOUS_MODEL');
    await this.checkServable(version);
    await this.change(() => this.registry.rollback());
  }

  /**
   * Tries a version on a share of the requests.
   * @throws ProblemError MODEL_VERSION_UNKNOWN, MODEL_NOT_LOADED, MODEL_REFUSED
   */
  async tryOut(role: Role, trial: Trial): Promise<void> {
    await this.checkKnown(trial.version);
    const current = await this.registry.current();
    if (current === undefined) throw new ProblemError('MODEL_NOT_LOADED');
    if (current === trial.version) {
      throw refused(trial.version, `it serves already; a ${role} is another version`);
    }
    await this.checkServable(trial.version);
    await this.change(() => this.rollouts.set(role, trial));
  }

  /** Tries nothing in this role any more. */
  async endTrial(role: Role): Promise<void> {
    await this.change(() => this.rollouts.set(role, null));
  }

  /** Tells the registry, then does what it says. */
  private async change(tell: () => Promise<unknown>): Promise<void> {
    try {
      await tell();
    } catch (error) {
      throw problemOf(error);
    }
    await this.follower.look();
  }

  private async checkKnown(version: string): Promise<void> {
    if ((await this.registry.versions()).includes(version)) return;
    throw new ProblemError('MODEL_VERSION_UNKNOWN');
  }

  private async checkServable(version: string): Promise<void> {
    try {
      await this.loader.load(version);
    } catch (error) {
      if (!(error instanceof ModelRefusedError)) throw error;
      throw refused(version, error.message, error);
    }
  }
}

const BY_CTR_CODE: Partial<Record<CtrErrorCode, ProblemCode>> = {
  VERSION_UNKNOWN: 'MODEL_VERSION_UNKNOWN',
  NO_PREVIOUS: 'NO_PREVIOUS_MODEL',
  REGISTRY_BUSY: 'REGISTRY_BUSY',
};

/** What keeps the registry from being changed; others may have changed it meanwhile. */
function problemOf(cause: unknown): unknown {
  if (isReadOnly(cause)) return new ProblemError('REGISTRY_READ_ONLY', { cause });
  const code = cause instanceof CtrError ? BY_CTR_CODE[cause.code] : undefined;
  return code === undefined ? cause : new ProblemError(code, { cause });
}

function refused(version: string, reason: string, cause?: unknown): ProblemError {
  return new ProblemError('MODEL_REFUSED', { detail: `${version}: ${reason}.`, cause });
}
