import type { Figures } from '../stats/figures.js';
import type { Others, ServiceFigures } from '../stats/figures.js';
import { type ToWorker, WORKER_PATIENCE_MS, say } from './messages.js';

const BEAT_MS = 1000;

/** Lets a worker ask for the figures of the other workers of its machine, through the primary. */
export class Colleagues implements Others {
  private readonly waiting = new Map<number, (figures: readonly Figures[]) => void>();
  private asked = 0;
  private readonly beat: NodeJS.Timeout;

  /** @param service gives this worker's own figures when the primary asks for them */
  constructor(private readonly service: ServiceFigures) {
    process.on('message', this.hear);
    // If this worker dies, the primary keeps what it counted up to the last beat.
    this.beat = setInterval(() => this.sayOwn(0), BEAT_MS).unref();
  }

  /** Answers and asks no more: another app of this process does. */
  stop(): void {
    process.off('message', this.hear);
    clearInterval(this.beat);
  }

  figures(): Promise<readonly Figures[]> {
    return new Promise((resolve) => {
      const ask = ++this.asked;
      const answer = (figures: readonly Figures[]) => {
        clearTimeout(timer);
        this.waiting.delete(ask);
        resolve(figures);
      };
      // The primary itself waits for the slowest; twice as long means that it is gone.
      const timer = setTimeout(answer, 2 * WORKER_PATIENCE_MS, []);
      this.waiting.set(ask, answer);
      say({ kind: 'others?', ask });
    });
  }

  private readonly hear = (message: ToWorker): void => {
    if (message.kind === 'figures?') this.sayOwn(message.ask);
    else this.waiting.get(message.ask)?.(message.figures);
  };

  private sayOwn(ask: number): void {
    say({ kind: 'figures', ask, figures: this.service.own() });
  }
}
