import type { ServedModel } from '../model/served-model.js';
import type { TrialStore } from './keeper.js';
import type { TrialState } from './state.js';

/** Keeps in the store how requests of this process fare with a canary and beside it. */
export class AnswerCounting {
  private last = '';

  constructor(
    private readonly served: Pick<ServedModel, 'arms'>,
    private readonly store: TrialStore,
    /** Tells this process from others. */
    private readonly process: string,
  ) {}

  /** Keeps what was counted for a trial so far, if this process tries what the trial says. */
  async keep({ id, version, wanted, options }: TrialState): Promise<void> {
    const { arms } = this.served;
    if (arms?.version !== version || arms.percent !== wanted?.percent) return;
    arms.slowMs = options.slow_ms;
    const { canary, current, percent } = arms;
    const row = {
      ...{ trial: id, percent, process: this.process },
      ...{ tried: canary.asked, tried_failed: canary.failed, tried_slow: canary.slow },
      ...{ current: current.asked, current_failed: current.failed, current_slow: current.slow },
    };
    const text = JSON.stringify(row);
    if (text === this.last) return;
    await this.store.run('keepAnswers', row);
    this.last = text;
  }
}
