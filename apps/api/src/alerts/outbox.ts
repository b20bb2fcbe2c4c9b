import type { Logger } from 'pino';
import type { Store } from '../store/store.js';
import type { AlertQueries } from './queries.js';
import type { Webhook } from './webhook.js';

/** How long a message is one process's to send: longer than a receiver may take to answer. */
const CLAIM_MS = 60_000;
/** Time to the second try; each further one comes after twice the time. */
const FIRST_WAIT_MS = 10_000;
const LONGEST_WAIT_MS = 3_600_000;
/** From when it was written, how long a message is tried. */
export const GIVE_UP_MS = 24 * 3_600_000;

/** What time and chance are to the outbox. */
export interface Chance {
  readonly now: () => number;
  /** From 0 to 1. */
  readonly random: () => number;
}

/**
 * Time until the next try, a fifth more or less, so that many senders do not come back together.
 * @param attempts so far, at least 1
 */
export function waitAfter(attempts: number, random: number): number {
  const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (attempts - 1));
  return Math.round(wait * (0.8 + 0.4 * random));
}

/**
 * Sends messages that the store keeps until they are taken: written together with the alert that they
 * tell of, so that none is lost by a crash between the two; claimed before they are sent, so that of
 * several processes one sends each. One that ends after sending and before it says so has its message
 * sent again, under the same id.
 */
export class Outbox {
  private sending: Promise<void> | undefined;
  private isClosed = false;

  constructor(
    private readonly store: Pick<Store<AlertQueries>, 'run'>,
    private readonly webhook: Pick<Webhook, 'send'>,
    private readonly logger: Pick<Logger, 'warn'>,
    private readonly chance: Chance = { now: Date.now, random: Math.random },
  ) {}

  /** Sends what is due, one message after the other. Rejects where the store does. */
  deliver(): Promise<void> {
    return (this.sending ??= this.sendDue().finally(() => (this.sending = undefined)));
  }

  /** Begins no further message, and waits for the one under way. */
  async close(): Promise<void> {
    this.isClosed = true;
    await this.sending?.catch(() => {});
  }

  private async sendDue(): Promise<void> {
    while (!this.isClosed) {
      const { store, webhook, chance } = this;
      const claim = { now: chance.now(), holdMs: CLAIM_MS };
      const message = await store.run('claimDelivery', claim);
      if (message === null) return;
      const { id, attempts, madeAt, body } = message;
      const refusal = await webhook.send(id, body);
      const now = chance.now();
      if (refusal === undefined) {
        await store.run('settleDelivery', { id, state: 'delivered', at: now, reason: null });
        continue;
      }
      const { reason } = refusal;
      const nextAt = now + waitAfter(attempts, chance.random());
      const isGivenUp = refusal.isFinal || nextAt > madeAt + GIVE_UP_MS;
      const state = isGivenUp ? 'abandoned' : 'waiting';
      const facts = { delivery: id, attempts, reason };
      this.logger.warn(facts, isGivenUp ? 'alert given up' : 'alert not taken; tried again');
      await store.run('settleDelivery', { id, state, at: isGivenUp ? now : nextAt, reason });
    }
  }
}
