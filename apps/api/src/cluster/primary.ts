import cluster, { type Worker } from 'node:cluster';
import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import type { Config } from '../config.js';
import { MACHINE_VARIABLE } from '../replicas/board.js';
import { type Figures, emptyFigures, mergeFigures, retiredFigures } from '../stats/figures.js';
import { type ToPrimary, type ToWorker, WORKER_PATIENCE_MS } from './messages.js';

/** Milliseconds that a worker may take to end beyond what its own shutdown takes at most. */
const LEAVE_MARGIN_MS = 5000;

/** One worker's question for the figures of the others, and who has not answered yet. */
interface Question {
  readonly missing: Set<number>;
  readonly finish: () => void;
}

/**
 * The process that starts the workers, which share the port. It serves nothing itself. It replaces
 * a worker that dies and keeps its figures, carries figures between the workers, and ends them all.
 */
export class Primary {
  /** What each worker said last. */
  private readonly latest = new Map<number, Figures>();
  /** What workers counted that have ended. */
  private gone = emptyFigures;
  private readonly questions = new Map<number, Question>();
  private asked = 0;
  /** The ids of the workers that have begun to serve. */
  private readonly up = new Set<number>();
  private leaving = false;

  constructor(
    private readonly config: Config,
    private readonly logger: Logger,
  ) {}

  /** Starts the workers; ends the process when the last of them has ended. */
  start(): void {
    // Round robin spreads connections evenly, which the system's own way does not.
    cluster.schedulingPolicy = cluster.SCHED_RR;
    process.env[MACHINE_VARIABLE] ??= randomUUID();
    for (let i = 0; i < this.config.workers; i++) this.startWorker();
    const leave = () => this.leave();
    process.on('SIGTERM', leave).on('SIGINT', leave);
  }

  private startWorker(): void {
    const worker = cluster.fork();
    worker.on('message', (message: ToPrimary) => this.hear(worker, message));
    worker.on('exit', (code, signal) => this.replace(worker, code, signal));
  }

  private hear(worker: Worker, message: ToPrimary): void {
    if (message.kind === 'others?') this.askOthers(worker, message.ask);
    else if (message.kind === 'up') this.announce(worker, message.port);
    else {
      this.latest.set(worker.id, message.figures);
      this.questions.get(message.ask)?.missing.delete(worker.id);
      if (this.questions.get(message.ask)?.missing.size === 0) {
        this.questions.get(message.ask)?.finish();
      }
    }
  }

  private askOthers(asker: Worker, ask: number): void {
    const others = workers().filter(({ id }) => id !== asker.id);
    const question = ++this.asked;
    const finish = () => {
      clearTimeout(timer);
      if (!this.questions.delete(question) || !asker.isConnected()) return;
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

  private announce(worker: Worker, port: number): void {
    this.up.add(worker.id);
    if (this.up.size !== this.config.workers) return;
    this.logger.info({ port, workers: this.config.workers }, 'all workers are up');
  }

  private replace(worker: Worker, code: number, signal: string): void {
    this.gone = mergeFigures(this.gone, retiredFigures(this.latest.get(worker.id) ?? emptyFigures));
    this.latest.delete(worker.id);
    if (this.leaving) {
      // A worker that was still starting dies of the signal: it had nothing to finish.
      if (code !== 0 && signal !== 'SIGTERM') process.exitCode = 1;
      if (workers().length === 0) process.exit();
      return;
    }
    this.logger.error({ worker: worker.process.pid, code, signal }, 'worker ended');
    if (!this.up.delete(worker.id)) {
      // It never came up, so the next one would not either: the service ends.
      process.exitCode = code || 1;
      this.leave();
      if (workers().length === 0) process.exit();
      return;
    }
    this.startWorker();
  }

  /** The first time, workers leave in their own time, which has an end; the second time, at once. */
  private leave(): void {
    const signal = this.leaving ? 'SIGKILL' : 'SIGTERM';
    this.leaving = true;
    for (const worker of workers()) worker.process.kill(signal);
    const { shutdownDelayMs, requestTimeoutMs } = this.config;
    const patience = shutdownDelayMs + requestTimeoutMs + LEAVE_MARGIN_MS;
    const kill = () => workers().forEach((worker) => worker.process.kill('SIGKILL'));
    setTimeout(kill, patience).unref();
  }
}

function workers(): Worker[] {
  return Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined);
}

function tell(worker: Worker, message: ToWorker): void {
  if (worker.isConnected()) worker.send(message);
}
