/*
 * One queue for all processes that share an upload folder. Jobs lie in the folder; whoever holds its
 * lock runs them, one at a time, and the others look for the lock again and again:
 *
 *   worker 1 ── adds a job ─────▶ jobs/  ◀── holds training.lock: runs the oldest that waits ── worker 2
 *   worker 3 ── asks for its end ─▶ ▲
 *                                   └── every worker reads it
 *
 * When the holder dies, its trainer ends with it, and the next holder tells that the job is lost.
 */
import { alone, CtrError } from '@adscale/ctr';
import { mkdir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { Bell } from './bell.js';
import type { Job, Jobs } from './jobs.js';
import { optionArguments } from './options.js';
import { Progress } from './progress.js';
import { RunningTrainer, trainerThreads } from './trainer.js';
import type { Uploads } from './uploads.js';

/** What a queue is set up with. */
export interface QueueSetup {
  readonly folder: string;
  readonly program: string;
  readonly registry: string;
  readonly minutes: number;
  /** Megabytes. */
  readonly memory: number;
  /** Megabytes that a job may have on disk while it runs. */
  readonly disk: number;
  readonly logger: Logger;
  readonly now: () => number;
  /** Calls back after so many milliseconds; what it returns calls that off. Injected by tests. */
  readonly after?: (ms: number, call: () => void) => () => void;
}

/** How often to look for what other processes have done, in milliseconds. */
const LOOK_MS = 1000;
/** Shortest time between two tellings of a job that runs, in milliseconds. */
const TELL_MS = 250;

/** Why a job that runs is to end. */
type Stop = 'cancelled' | 'timed_out' | 'lost' | 'too_large';

const STOPPED: Readonly<Record<Stop, string>> = {
  cancelled: 'It was cancelled. Nothing was published.',
  timed_out: 'It took longer than TRAINING_MINUTES. Nothing was published.',
  lost: 'The service ended while it ran. Nothing was published.',
  too_large:
    'It wrote more than TRAINING_DISK_MB while it ran, as a small file does that unpacks to a large one. Nothing was published.',
};

/** Runs jobs while this process holds the lock of the upload folder. */
export class TrainingQueue {
  private readonly bell = new Bell();
  private readonly closing = new AbortController();
  private living: Promise<void> | undefined;

  constructor(
    private readonly jobs: Jobs,
    private readonly uploads: Uploads,
    private readonly setup: QueueSetup,
  ) {}

  /** Begins to look for jobs. */
  start(): void {
    this.living ??= this.live();
  }

  /** Something may have changed. */
  nudge(): void {
    this.bell.ring();
  }

  /** Ends the job that runs here, if one does. Resolves when its process is gone. */
  async close(): Promise<void> {
    this.closing.abort();
    this.bell.ring();
    await this.living;
  }

  private get closed(): boolean {
    return this.closing.signal.aborted;
  }

  private async live(): Promise<void> {
    const { folder, logger } = this.setup;
    while (!this.closed) {
      try {
        await mkdir(folder, { recursive: true, mode: 0o700 });
        const { signal } = this.closing;
        await alone(folder, 'training.lock', () => this.serve(), { signal });
      } catch (error) {
        if (this.closed) return;
        const isElsewhere = error instanceof CtrError && error.code === 'RETRAIN_UNDER_WAY';
        if (!isElsewhere) logger.error({ err: error }, 'training: the queue cannot be served');
      }
      if (!this.closed) await this.bell.wait(LOOK_MS);
    }
  }

  private async serve(): Promise<void> {
    for (const job of await this.jobs.list()) {
      if (job.state === 'running') await this.finish(job, 'lost', STOPPED.lost);
    }
    while (!this.closed) {
      const next = await this.next();
      if (next === undefined) await this.bell.wait(LOOK_MS);
      else await this.run(next);
    }
  }

  /** The oldest job that waits and is still wanted. */
  private async next(): Promise<Job | undefined> {
    let next: Job | undefined;
    for (const job of await this.jobs.waiting()) {
      if (await this.jobs.isToEnd(job.id)) await this.finish(job, 'cancelled', STOPPED.cancelled);
      else next ??= job;
    }
    return next;
  }

  private async run(waiting: Job): Promise<void> {
    const { logger, now } = this.setup;
    const file = await this.uploads.find(waiting.file.id);
    if (file === undefined) return this.finish(waiting, 'failed', 'Its file is gone.');
    const started_at = new Date(now()).toISOString();
    const job: Job = { ...waiting, state: 'running', started_at, doing: 'starting' };
    await this.jobs.write(job);
    logger.info({ job: job.id, kind: job.kind, bytes: file.bytes }, 'training: job started');
    try {
      await this.supervise(job);
    } catch (error) {
      logger.error({ err: error, job: job.id }, 'training: job failed');
      await this.finish(job, 'failed', 'The service could not run it; its log has the cause.');
    }
  }

  private async supervise(job: Job): Promise<void> {
    const path = this.uploads.pathOf(job.file.id);
    const readable = (text: string): string => text.replaceAll(path, () => job.file.name);
    const news = new Bell();
    const progress = new Progress(job.kind, readable, () => news.ring());
    const { program, memory } = this.setup;
    const args = await this.argumentsOf(job, path);
    const scratch = await this.jobs.makeScratch(job.id);
    const trainer = new RunningTrainer({ program, args, scratch, memory, progress });
    let isOut = false;
    let stopped: Stop | undefined;
    const end = trainer.ended.then((ended) => {
      isOut = true;
      news.ring();
      this.bell.ring();
      return ended;
    });
    const stop = (why: Stop): void => {
      if (isOut) return;
      stopped ??= why;
      trainer.stop();
    };
    const callOff = this.after(this.setup.minutes * 60_000, () => stop('timed_out'));
    const told = this.tell(job, progress, news, () => isOut);
    while (!isOut) {
      if (this.closed) stop('lost');
      else if (await this.jobs.isToEnd(job.id)) stop('cancelled');
      else if ((await this.jobs.scratchBytes(job.id)) > this.setup.disk * 1e6) stop('too_large');
      if (!isOut) await this.bell.wait(LOOK_MS);
    }
    callOff();
    const ended = await end;
    await told;
    const latest = { ...job, ...seen(progress) };
    // One that has published is done, whatever was wished meanwhile.
    if (ended.kind === 'done') return this.succeed(latest, ended.result, path);
    if (stopped !== undefined) {
      return this.finish(latest, stopped === 'too_large' ? 'failed' : stopped, STOPPED[stopped]);
    }
    return this.finish(latest, 'failed', readable(ended.error));
  }

  private async argumentsOf(job: Job, path: string): Promise<readonly string[]> {
    const { kind, id, file, options, mapped } = job;
    const { registry, memory } = this.setup;
    const common = [
      ...[kind, path, `--called=${file.name}`, `--threads=${trainerThreads()}`],
      ...[`--memory-limit=${memory}MB`, ...optionArguments(kind, options)],
    ];
    if (kind === 'inspect') return [...common, '--output=mapping.yaml', '--overwrite'];
    // A guessed mapping is taken, as nobody can be asked; who wants another one gives it.
    const mapping = mapped ? [`--mapping=${this.jobs.mappingOf(id)}`] : ['--yes'];
    return [...common, ...mapping, `--output=${registry}`];
  }

  /** Tells how far a job is, not more often than anybody can read. */
  private async tell(
    job: Job,
    progress: Progress,
    news: Bell,
    isOut: () => boolean,
  ): Promise<void> {
    while (!isOut()) {
      await news.wait(LOOK_MS);
      if (isOut()) return;
      await this.jobs.write({ ...job, ...seen(progress) });
      await sleep(TELL_MS);
    }
  }

  private async succeed(job: Job, told: unknown, path: string): Promise<void> {
    const inJson = (text: string): string => JSON.stringify(text).slice(1, -1);
    const text = JSON.stringify(told).replaceAll(inJson(path), () => inJson(job.file.name));
    await this.jobs.writeResult(job.id, resultOf(job.kind, JSON.parse(text) as object));
    await this.finish({ ...job, progress: 1 }, 'succeeded', null);
  }

  private async finish(job: Job, state: Job['state'], error: string | null): Promise<void> {
    const finished_at = new Date(this.setup.now()).toISOString();
    const doing = state.replace('_', ' ');
    // In this order: who reads that it is over finds nothing left of it, and a wish to end it outlives a crash.
    await this.jobs.removeScratch(job.id);
    await this.jobs.write({ ...job, state, error, doing, finished_at });
    await this.jobs.forgetWish(job.id);
    this.setup.logger.info({ job: job.id, state, error }, 'training: job over');
  }

  private after(ms: number, call: () => void): () => void {
    const { after } = this.setup;
    if (after !== undefined) return after(ms, call);
    const timer = setTimeout(call, ms);
    return () => clearTimeout(timer);
  }
}

function seen({ share, doing, log }: Progress): Pick<Job, 'progress' | 'doing' | 'log'> {
  return { progress: Number(share.toFixed(3)), doing, log: [...log] };
}

/** What is told of a trainer's result: its files are no concern of a client. */
function resultOf(kind: Job['kind'], told: object): unknown {
  if (kind === 'inspect') {
    const {
      mapping_file: _file,
      mapping_written: _written,
      ...inspection
    } = told as Record<string, unknown>;
    return inspection;
  }
  const { version, card, data } = told as {
    readonly version: string;
    readonly card: { readonly held_out?: object; readonly parameters?: object };
    readonly data?: object;
  };
  return { version, held_out: card.held_out ?? null, parameters: card.parameters ?? null, data };
}
