import type { OnApplicationBootstrap, OnModuleDestroy } from '@nestjs/common';
import type { PointerFollower } from './pointer.js';
import type { TrialFollower } from './trials.js';

/**
 * Follows the registry, whoever changes it: the trainer, an operator, or another worker or replica.
 *
 * ```
 * current ───────▶ load and check on another thread ──▶ serve      refused: the one before stays
 * rollout.json ──▶ load and check on another thread ──▶ try        refused: nothing is tried
 * ```
 */
export class ModelFollower implements OnApplicationBootstrap, OnModuleDestroy {
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;
  private last: Promise<void> = Promise.resolve();

  /** @param pollMs milliseconds between looks; 0 never looks by itself */
  constructor(
    private readonly pointer: PointerFollower,
    private readonly trials: TrialFollower,
    private readonly pollMs: number,
  ) {}

  /** The current model is there already: routes are made for it. */
  async onApplicationBootstrap(): Promise<void> {
    await this.trials.follow();
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

  /**
   * Looks at the registry once. When it resolves, what the registry said when it was called is
   * served here, or refused and logged. Never rejects.
   */
  look(): Promise<void> {
    // One look after another: two at a time could end with the older one's model.
    this.last = this.last.then(async () => {
      await this.pointer.follow();
      await this.trials.follow();
    });
    return this.last;
  }
}
