import type { Registry } from '@adscale/ctr';
import { type ModelLoader, ModelRefusedError } from './loader.js';
import type { ModelLog } from './model-log.js';
import type { ServedModel } from './served-model.js';

/**
 * Serves the model that the registry's pointer names. One that cannot be served is refused, and the
 * one before stays.
 */
export class PointerFollower {
  /** Told when the first model there is has other features than the routes were made for. */
  onOtherFeatures: () => void = () => {};

  constructor(
    private readonly registry: Registry,
    private readonly loader: ModelLoader,
    private readonly served: ServedModel,
    private readonly log: ModelLog,
  ) {}

  /** Looks at the pointer once and takes up the model it names if that is another one. */
  async follow(): Promise<void> {
    let version: string | undefined;
    try {
      version = await this.registry.current();
      if (version !== undefined && version !== this.served.current?.model.version) {
        const model = await this.loader.load(version);
        this.served.replace(model);
        this.log.serves(model);
      }
      this.log.taken('current');
    } catch (error) {
      this.log.refused('current', version, error);
      const misfit = error instanceof ModelRefusedError && error.lasting;
      if (misfit && this.served.current === undefined) this.onOtherFeatures();
    }
  }
}
