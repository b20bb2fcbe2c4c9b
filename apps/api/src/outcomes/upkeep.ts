import type { Logger } from 'pino';
import { StoreError } from '../store/errors.js';
import type { Store } from '../store/store.js';
import { DAY_MS, dayOf, daysBefore } from './days.js';
import type { OutcomeQueries } from './queries.js';

/** Between looks for days to close, in milliseconds. */
const EVERY_MS = 3_600_000;
/** Outcomes summed in one transaction: some 20 ms, during which others wait. */
const MOST_ROWS = 1000;

export interface UpkeepSettings {
  readonly matureDays: number;
  readonly retentionDays: number;
  /** A clock in milliseconds since 1970. */
  readonly now: () => number;
}

/** Closes and forgets old days, now and then. */
export class Upkeep {
  private timer: NodeJS.Timeout | undefined;
  private last: Promise<void> = Promise.resolve();
  private isOver = false;

  constructor(
    private readonly store: Store<OutcomeQueries>,
    private readonly settings: UpkeepSettings,
    private readonly logger: Pick<Logger, 'error'>,
  ) {
    store.onOpen(() => this.start());
  }

  /** Does what there is to do, a transaction after the other. */
  async run(): Promise<void> {
    const { matureDays, retentionDays, now } = this.settings;
    const today = dayOf(now());
    const args = {
      before: daysBefore(today, matureDays),
      quietSince: now() - matureDays * DAY_MS,
      forget: daysBefore(today, retentionDays),
      limit: MOST_ROWS,
    };
    while (!this.isOver && (await this.store.run('compactDays', args)));
  }

  /** Ends after the transaction at hand. */
  stop(): Promise<void> {
    this.isOver = true;
    clearInterval(this.timer);
    return this.last;
  }

  private start(): void {
    if (this.timer !== undefined || this.isOver) return;
    const look = () => {
      this.last = this.run().catch((err: unknown) => {
        if (!(err instanceof StoreError)) this.logger.error({ err }, 'days not closed');
      });
    };
    this.timer = setInterval(look, EVERY_MS).unref();
    look();
  }
}
