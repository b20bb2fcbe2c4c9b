import type { CtrModel } from '@adscale/ctr';
import type { Logger } from 'pino';
import { ModelRefusedError } from './loader.js';
import type { Role, Trial } from './rollout.js';
import type { ServedModel } from './served-model.js';

/** What cannot be taken up: a model to serve or to try, or the file that says what to try. */
export type Refused = 'current' | Role | 'rollout';

/** Logs what is served, tried and refused: once, though it is looked at every two seconds. */
export class ModelLog {
  private readonly refusals = new Map<Refused, string>();

  constructor(
    private readonly served: ServedModel,
    private readonly logger: Logger,
  ) {}

  /** A model has become the one that answers. */
  serves({ version, digest }: CtrModel): void {
    this.logger.info({ model_version: version, model_digest: digest }, 'model served');
  }

  /** A trial has begun or changed, or, with null, has ended. */
  tries(role: Role, trial: Trial | null): void {
    if (trial === null) this.logger.info({ role }, 'trial ended');
    else {
      const { version, percent } = trial;
      this.logger.info({ role, model_version: version, percent }, 'model on trial');
    }
  }

  /** @param version what was to be taken up, if it has a name */
  refused(what: Refused, version: string | undefined, error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    const refusal = `${version}: ${reason}`;
    if (refusal === this.refusals.get(what)) return;
    this.refusals.set(what, refusal);
    const serving = this.served.current?.model.version ?? null;
    // The reason is fit for anybody; the log may know more.
    const err = error instanceof ModelRefusedError ? error.cause : error;
    const facts = { role: what, refused_version: version, reason, serving };
    this.logger.error(err === undefined ? facts : { ...facts, err }, 'model refused');
  }

  /** All is well with it: the next refusal is news. */
  taken(what: Refused): void {
    this.refusals.delete(what);
  }
}
