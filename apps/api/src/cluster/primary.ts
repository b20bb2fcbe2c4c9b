import cluster, { type Worker } from 'node:cluster';
import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import type { Config } from '../config.js';
import { MACHINE_VARIABLE } from '../replicas/board.js';
import { shareLimits } from '../replicas/limits.js';
import { RateLimiter } from '../security/rate-limit.js';
import { Exchange, workers } from './exchange.js';
import type { ToPrimary } from './messages.js';
import { Restarts } from './restarts.js';

/** Milliseconds that a worker may take to end beyond what its own shutdown takes at most. */
const LEAVE_MARGIN_MS = 5000;

/**
 * The process that starts the workers, which share the port. It serves nothing itself. It replaces
 * a worker that dies, carries word between the workers, and ends them all. It ends by itself only
 * when nobody serves and one attempt after the other has failed.
 */
export class Primary {
  private readonly exchange: Exchange;
  private readonly restarts = new Restarts();
  /** When each worker began to serve. */
  private readonly up = new Map<number, number>();
  private readonly pauses = new Set<NodeJS.Timeout>();
  private leaving = false;
  /** To be called at the end; rejects never. */
  private readonly endSharing: Promise<() => Promise<void>>;

  constructor(
    private readonly config: Config,
    private readonly logger: Logger,
  ) {
    const limiter = new RateLimiter(config.rateLimitPerMinute);
    this.exchange = new Exchange(limiter);
    this.endSharing = this.share(limiter);
  }

  private async share(limiter: RateLimiter): Promise<() => Promise<void>> {
    const { valkeyUrl, rateLimitPerMinute } = this.config;
    try {
      if (valkeyUrl && rateLimitPerMinute > 0) {
        return await shareLimits(valkeyUrl, limiter, this.logger);
      }
    } catch (err) {
      this.logger.error({ err }, 'limits are not shared');
    }
    return async () => {};
  }

  /** Starts the workers; ends the process when the last of them has ended. */
  start(): void {
    // Round robin spreads connections evenly, which the system's own way does not.
    cluster.schedulingPolicy = cluster.SCHED_RR;
    process.env[MACHINE_VARIABLE] ??= randomUUID();
    const leave = () => this.leave();
    process.on('SIGTERM', leave).on('SIGINT', leave);
    for (let i = 0; i < this.config.workers; i++) this.startWorker();
  }

  private startWorker(): void {
    let worker: Worker;
    try {
      worker = cluster.fork();
    } catch (err) {
      // The system has no memory, or no process, left.
      this.logger.error({ err }, 'worker not started');
      return this.decide(undefined, 1);
    }
    this.logger.info({ worker: worker.process.pid }, 'worker started');
    const tooLong = setTimeout(() => this.endUnstarted(worker), this.config.workerStartMs);
    worker.once('exit', () => clearTimeout(tooLong));
    worker.on('message', (message: ToPrimary) => {
      if (message.kind === 'up') {
        clearTimeout(tooLong);
        this.announce(worker, message.port);
      } else this.exchange.hear(worker, message);
    });
    worker.on('exit', (code, signal) => this.ended(worker, code, signal));
    worker.on('error', (err) => {
      this.logger.error({ err, worker: worker.process.pid }, 'worker failed');
      // A process that could not be made never exits.
      if (worker.process.pid === undefined) this.ended(worker, 1, '');
    });
  }

  /** One that hangs as it starts would be missing for good, and nobody would know. */
  private endUnstarted({ process: { pid } }: Worker): void {
    const allowed_ms = this.config.workerStartMs;
    this.logger.error({ worker: pid, allowed_ms }, 'worker not up within WORKER_START_MS: killed');
    if (pid !== undefined) process.kill(pid, 'SIGKILL');
  }

  private announce(worker: Worker, port: number): void {
    this.up.set(worker.id, performance.now());
    if (this.up.size !== this.config.workers) return;
    this.logger.info({ port, workers: this.config.workers }, 'all workers are up');
  }

  private ended(worker: Worker, code: number, signal: string): void {
    this.exchange.forget(worker);
    const upAt = this.up.get(worker.id);
    this.up.delete(worker.id);
    if (this.leaving) {
      // A worker that was still starting dies of the signal: it had nothing to finish.
      if (code !== 0 && signal !== 'SIGTERM') process.exitCode = 1;
      this.endAfterWorkers();
      return;
    }
    const served_ms = upAt === undefined ? null : Math.round(performance.now() - upAt);
    this.logger.error({ worker: worker.process.pid, code, signal, served_ms }, 'worker ended');
    this.decide(served_ms ?? undefined, code);
  }

  /** Replaces a worker, sooner or later, or gives up. */
  private decide(servedMs: number | undefined, code: number): void {
    const healthy = this.up.size;
    const starting = workers().filter(({ id }) => !this.up.has(id)).length;
    const decision = this.restarts.after(servedMs, { healthy, starting });
    const { failures } = decision;
    if (decision.kind === 'give up') {
      const facts = { failures, wanted: this.config.workers };
      this.logger.fatal(facts, 'no worker serves and none can be started: leaving');
      process.exitCode = code || 1;
      return this.leave();
    }
    const { pauseMs } = decision;
    this.logger.info({ healthy, starting, failures, pause_ms: pauseMs }, 'worker is replaced');
    const pause = setTimeout(() => {
      this.pauses.delete(pause);
      this.startWorker();
    }, pauseMs);
    this.pauses.add(pause);
  }

  /** The first time, workers leave in their own time, which has an end; the second time, at once. */
  private leave(): void {
    const signal = this.leaving ? 'SIGKILL' : 'SIGTERM';
    this.leaving = true;
    this.pauses.forEach(clearTimeout);
    for (const worker of workers()) worker.process.kill(signal);
    const { shutdownDelayMs, requestTimeoutMs } = this.config;
    const patience = shutdownDelayMs + requestTimeoutMs + LEAVE_MARGIN_MS;
    const kill = () => workers().forEach((worker) => worker.process.kill('SIGKILL'));
    setTimeout(kill, patience).unref();
    this.endAfterWorkers();
  }

  private endAfterWorkers(): void {
    if (workers().length > 0) return;
    // The machines that stay are told what passed last.
    void this.endSharing.then((end) => end()).finally(() => process.exit());
  }
}
