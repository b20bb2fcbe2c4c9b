import type { Agreement, Offer } from '../model/first-model.js';
import type { LeasedLimiter, Lender } from '../security/leases.js';
import type { Figures } from '../stats/figures.js';
import type { Others, ServiceFigures } from '../stats/figures.js';
import { type ToPrimary, type ToWorker, WORKER_PATIENCE_MS, say } from './messages.js';

const BEAT_MS = 1000;

/** Questions of this process, numbered over all apps that it makes. */
let asked = 0;

/**
 * A worker's word with the other workers of its machine, through the primary: their figures, the
 * model that they serve, and the limits that they keep together.
 */
export class Colleagues implements Others, Agreement, Lender {
  private readonly waiting = new Map<number, (answer: ToWorker) => void>();
  private service: ServiceFigures | undefined;
  private limiter: LeasedLimiter | undefined;
  private beat: NodeJS.Timeout | undefined;

  constructor() {
    process.on('message', this.hear);
  }

  /**
   * Answers the primary from now on.
   * @param service gives this worker's own figures
   * @param limiter gets the leases that it asked for
   */
  join(service: ServiceFigures, limiter: LeasedLimiter): void {
    this.service = service;
    this.limiter = limiter;
    // If this worker dies, the primary keeps what it counted up to the last beat.
    this.beat = setInterval(() => this.sayOwn(0), BEAT_MS).unref();
  }

  /** Answers and asks no more: another app of this process does. */
  stop(): void {
    process.off('message', this.hear);
    clearInterval(this.beat);
    this.limiter?.stop();
  }

  async figures(): Promise<readonly Figures[]> {
    const answer = await this.question((ask) => ({ kind: 'others?', ask }));
    return answer?.kind === 'others' ? answer.figures : [];
  }

  async agree(offer: Offer | undefined): Promise<Offer | undefined> {
    const answer = await this.question((ask) => ({ kind: 'model?', ask, offer }));
    return answer?.kind === 'model' ? answer.offer : offer;
  }

  serves({ version, schema }: Offer): void {
    // No more than this of a model.
    say({ kind: 'serves', offer: { version, schema } });
  }

  readonly ask: Lender['ask'] = (asks) => say({ kind: 'leases?', asks });
  readonly giveBack: Lender['giveBack'] = (returns) => say({ kind: 'unused', returns });

  private question(message: (ask: number) => ToPrimary): Promise<ToWorker | undefined> {
    return new Promise((resolve) => {
      const ask = ++asked;
      const answer = (given?: ToWorker) => {
        clearTimeout(timer);
        this.waiting.delete(ask);
        resolve(given);
      };
      // The primary itself waits for the slowest; twice as long means that it is gone.
      const timer = setTimeout(answer, 2 * WORKER_PATIENCE_MS);
      this.waiting.set(ask, answer);
      say(message(ask));
    });
  }

  private readonly hear = (message: ToWorker): void => {
    if (message.kind === 'figures?') this.sayOwn(message.ask);
    else if (message.kind === 'leases') this.limiter?.grant(message.grants);
    else this.waiting.get(message.ask)?.(message);
  };

  private sayOwn(ask: number): void {
    if (this.service !== undefined) say({ kind: 'figures', ask, figures: this.service.own() });
  }
}
