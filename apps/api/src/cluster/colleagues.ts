import type { Figures } from '../stats/figures.js';
import type { Others, ServiceFigures } from '../stats/service-figures.js';
import { type ToWorker, WORKER_PATIENCE_MS, say } from './messages.js';

const BEAT_MS = 1000;

/** The other workers of this machine, as one of them asks for their figures through the primary. */
export class Colleagues implements Others {
  private readonly waiting = new Map<number, (figures: readonly Figures[]) => void>();
  private asked = 0;

  /** @param service answers when the primary asks for this worker's own */
  constructor(private readonly service: ServiceFigures) {
    process.on('message', (message: ToWorker) => this.hear(message));
    // Should this worker die, what it counted is known up to here.
    setInterval(() => this.sayOwn(0), BEAT_MS).unref();
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

  private hear(message: ToWorker): void {
    if (message.kind === 'figures?') {
      this.sayOwn(message.ask);
    } else {
      this.waiting.get(message.ask)?.(message.figures);
    }
  }

  private sayOwn(ask: number): void {
    say({ kind: 'figures', ask, figures: this.service.own() });
  }
}
