import type { CtrModel, Registry } from '@adscale/ctr';
import type { OnApplicationBootstrap, OnModuleDestroy } from '@nestjs/common';
import type { Logger } from 'pino';
import { SchemaMismatchError, type ServedModel } from './served-model.js';

/**
 * Follows the registry's pointer: a model that becomes current there is loaded whole, then served.
 * A model that cannot be is refused with the reason in the log, and the one before stays.
 */
export class ModelFollower implements OnApplicationBootstrap, OnModuleDestroy {
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;
  /** The refusal logged last, so that looking again every two seconds does not repeat it. */
  private lastRefusal = '';
  /** Never fits, however often it is loaded: the routes are made once. */
  private misfit: string | undefined;

  /** @param pollMs milliseconds between looks; 0 never looks by itself */
  constructor(
    private readonly registry: Registry,
    private readonly served: ServedModel,
    private readonly logger: Logger,
    private readonly pollMs: number,
  ) {}

  onApplicationBootstrap(): void {
    this.lookLater();
  }

  onModuleDestroy(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  private lookLater(): void {
    if (this.stopped || this.pollMs === 0) return;
    this.timer = setTimeout(() => void this.look().then(() => this.lookLater()), this.pollMs);
    this.timer.unref();
  }

  /** Looks at the pointer once and takes up the model it names if that is a new one. */
  async look(): Promise<void> {
    let version: string | undefined;
    try {
      version = await this.registry.current();
      if (version === this.served.current?.model.version) return this.forgetRefusals();
      if (version === undefined || version === this.misfit) return;
      this.serve(await this.registry.load(version));
    } catch (error) {
      if (error instanceof SchemaMismatchError) this.misfit = version;
      this.refuse(version, error);
    }
  }

  private serve(model: CtrModel): void {
    this.served.replace(model);
    this.forgetRefusals();
    this.logger.info({ model_version: model.version, model_digest: model.digest }, 'model served');
  }

  private forgetRefusals(): void {
    this.lastRefusal = '';
    this.misfit = undefined;
  }

  private refuse(version: string | undefined, error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    const refusal = `${version}: ${reason}`;
    if (refusal === this.lastRefusal) return;
    this.lastRefusal = refusal;
    const serving = this.served.current?.model.version ?? null;
    this.logger.error({ refused_version: version, reason, serving }, 'model refused');
  }
}

/**
 * The registry's current model, or undefined when there is none or it cannot be loaded; then the
 * log has the reason, and the service starts without a model.
 */
export async function loadFirst(registry: Registry, logger: Logger): Promise<CtrModel | undefined> {
  try {
    if ((await registry.current()) !== undefined) return await registry.load();
    logger.warn('no model in the registry yet: predictions answer 503 until one is trained');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    logger.error({ reason }, 'model refused: predictions answer 503 until one can be loaded');
  }
  return undefined;
}
