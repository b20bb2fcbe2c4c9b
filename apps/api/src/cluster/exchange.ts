import cluster, { type Worker } from 'node:cluster';
import type { Offer } from '../model/first-model.js';
import { grantLeases } from '../security/leases.js';
import type { RateLimiter } from '../security/rate-limit.js';
import { type Figures, emptyFigures, mergeFigures, retiredFigures } from '../stats/figures.js';
import { type ToPrimary, type ToWorker, WORKER_PATIENCE_MS } from './messages.js';

/** One worker's question for the figures of the others, and who has not answered yet. */
interface Question {
  readonly missing: Set<number>;
  readonly finish: () => void;
}

/** What the primary knows of its workers, and what it tells each of the others. */
export class Exchange {
  /** What each worker said last. */
  private readonly latest = new Map<number, Figures>();
  /** What workers counted that have ended. */
  private gone = emptyFigures;
  private readonly questions = new Map<number, Question>();
  private asked = 0;
  /** The model of each worker that has one; whoever took one up last is last. */
  private readonly served = new Map<number, Offer>();

  /** @param limiter counts for all workers */
  constructor(private readonly limiter: RateLimiter) {}

  hear(worker: Worker, message: Exclude<ToPrimary, { kind: 'up' }>): void {
    switch (message.kind) {
      case 'others?':
        return this.askOthers(worker, message.ask);
      case 'figures':
        return this.keep(worker, message.ask, message.figures);
      case 'model?':
        return this.tellModel(worker, message.ask, message.offer);
      case 'serves':
        return this.serves(worker.id, message.offer);
      case 'leases?':
        return tell(worker, { kind: 'leases', grants: grantLeases(this.limiter, message.asks) });
      case 'unused':
        for (const [client, unused] of message.returns) this.limiter.giveBack(client, unused);
    }
  }

  /** A worker ended: what it counted remains. */
  forget({ id }: Worker): void {
    this.gone = mergeFigures(this.gone, retiredFigures(this.latest.get(id) ?? emptyFigures));
    this.latest.delete(id);
    this.served.delete(id);
  }

  /** The first of several workers that start at once decides, by its offer. */
  private tellModel(worker: Worker, ask: number, offer: Offer | undefined): void {
    const agreed = [...this.served.values()].at(-1) ?? offer;
    if (agreed !== undefined && agreed === offer) this.serves(worker.id, offer);
    tell(worker, { kind: 'model', ask, offer: agreed });
  }

  private serves(id: number, offer: Offer): void {
    this.served.delete(id);
    this.served.set(id, offer);
  }

  private keep({ id }: Worker, ask: number, figures: Figures): void {
    this.latest.set(id, figures);
    const question = this.questions.get(ask);
    question?.missing.delete(id);
    if (question?.missing.size === 0) question.finish();
  }

  private askOthers(asker: Worker, ask: number): void {
    const others = workers().filter(({ id }) => id !== asker.id);
    const question = ++this.asked;
    const finish = () => {
      clearTimeout(timer);
      if (!this.questions.delete(question)) return;
      const known = others
        .map(({ id }) => this.latest.get(id))
        .filter((each) => each !== undefined);
      tell(asker, { kind: 'others', ask, figures: [this.gone, ...known] });
    };
    const timer = setTimeout(finish, WORKER_PATIENCE_MS);
    this.questions.set(question, { missing: new Set(others.map(({ id }) => id)), finish });
    for (const other of others) tell(other, { kind: 'figures?', ask: question });
    if (others.length === 0) finish();
  }
}

/** The workers that have not ended. */
export function workers(): Worker[] {
  const known = Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined);
  // Node forgets one only when its channel is closed as well.
  return known.filter((worker) => !worker.isDead());
}

function tell(worker: Worker, message: ToWorker): void {
  // A worker that ends meanwhile does not hear it, which is no error of the primary's.
  if (worker.isConnected()) worker.process.send(message, undefined, undefined, () => {});
}
