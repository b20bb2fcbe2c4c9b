import { fieldProblem } from '@adscale/ctr';
import type { Logger } from 'pino';
import type { Config } from '../config.js';
import { ProblemError } from '../problem/problem.js';
import { invalid, isPlain, readOptions } from './options.js';
import { type Job, JOB_KINDS, type JobKind, Jobs, isOver } from './jobs.js';
import { type QueueSetup, TrainingQueue } from './queue.js';
import { findTrainer } from './trainer.js';
import { newId, roomProblem, type StoredFile, Uploads, type UploadSource } from './uploads.js';

/** Most jobs that wait. */
export const MOST_WAITING = 8;

/** A job with what came of it, and its place in the queue. */
export interface ToldJob extends Job {
  /** How many jobs are before it; null once it has begun. */
  readonly ahead: number | null;
  readonly result: unknown;
}

/** How much there may be, and how much there is. */
export interface Room {
  readonly used_bytes: number;
  readonly total_bytes: number;
  readonly file_bytes: number;
}

/** Files to learn from, and the jobs that do. It lives as long as the process, whatever app answers. */
export class Training {
  /** @param started begins to run jobs, and ends that */
  constructor(
    private readonly uploads: Uploads,
    private readonly jobs: Jobs,
    private readonly queue: Pick<TrainingQueue, 'start' | 'nudge' | 'close'>,
    private readonly config: Pick<Config, 'uploadLimitBytes' | 'uploadTotalBytes'>,
    private readonly now: () => number,
  ) {}

  start(): void {
    this.queue.start();
  }

  /** Ends the job that this process runs, if it does. */
  close(): Promise<void> {
    return this.queue.close();
  }

  /** @see Uploads.take */
  take(name: string, source: UploadSource): Promise<StoredFile> {
    return this.uploads.take(name, source);
  }

  /** All files, the newest first, and how much room they take. */
  async files(): Promise<{ files: StoredFile[]; room: Room }> {
    const { uploadLimitBytes: file_bytes, uploadTotalBytes: total_bytes } = this.config;
    const used_bytes = await this.uploads.usedBytes();
    return { files: await this.uploads.list(), room: { used_bytes, total_bytes, file_bytes } };
  }

  /** @throws ProblemError FILE_UNKNOWN, FILE_IN_USE */
  async removeFile(id: string): Promise<void> {
    if ((await this.uploads.find(id)) === undefined) throw new ProblemError('FILE_UNKNOWN');
    const user = (await this.jobs.list()).find((job) => job.file.id === id && !isOver(job));
    if (user !== undefined) {
      const detail = `Job ${user.id} needs it and is ${user.state}. Wait, or cancel the job.`;
      throw new ProblemError('FILE_IN_USE', { detail });
    }
    await this.uploads.remove(id);
  }

  /**
   * Puts a job into the queue.
   * @throws ProblemError INVALID_TRAINING, FILE_UNKNOWN, TRAINING_QUEUE_FULL, UPLOADS_FULL
   */
  async add(body: unknown): Promise<ToldJob> {
    const { kind, file: fileId, options } = readRequest(body);
    const { told, mapping } = readOptions(kind, options);
    const file = await this.uploads.find(fileId);
    if (file === undefined) throw new ProblemError('FILE_UNKNOWN');
    const job: Job = {
      ...{ id: newId(this.now()), kind, file: { id: file.id, name: file.name }, options: told },
      ...{ mapped: mapping !== undefined, state: 'queued', progress: 0, doing: 'queued', log: [] },
      ...{ error: null, created_at: new Date(this.now()).toISOString() },
      ...{ started_at: null, finished_at: null },
    };
    try {
      await this.jobs.add(job, mapping);
    } catch (error) {
      await this.jobs.remove(job.id);
      throw roomProblem(error);
    }
    // Counted with it in its place: of several that come at once, all agree which are too many.
    const waiting = (await this.jobs.waiting()).map(({ id }) => id);
    if (waiting.indexOf(job.id) >= MOST_WAITING) {
      await this.jobs.remove(job.id);
      const detail = `${MOST_WAITING} jobs wait already. Cancel one, or ask again when one is done.`;
      const headers = { 'retry-after': '60' };
      throw new ProblemError('TRAINING_QUEUE_FULL', { detail, headers });
    }
    this.queue.nudge();
    return this.told(job);
  }

  /** All jobs that are kept, the newest first. */
  list(): Promise<Job[]> {
    return this.jobs.list();
  }

  /** @throws ProblemError JOB_UNKNOWN */
  async job(id: string): Promise<ToldJob> {
    const job = await this.jobs.find(id);
    if (job === undefined) throw new ProblemError('JOB_UNKNOWN');
    return this.told(job);
  }

  /** Has a job end; one that is over stays what it is. @throws ProblemError JOB_UNKNOWN */
  async cancel(id: string): Promise<ToldJob> {
    const job = await this.job(id);
    if (isOver(job)) return job;
    await this.jobs.askToEnd(id);
    this.queue.nudge();
    return job;
  }

  private async told(job: Job): Promise<ToldJob> {
    const isWaiting = job.state === 'queued';
    const ahead = isWaiting
      ? (await this.jobs.waiting()).filter(({ id }) => id < job.id).length
      : null;
    const result = job.state === 'succeeded' ? await this.jobs.result(job.id) : null;
    return { ...job, ahead, result };
  }
}

/**
 * Makes what `TRAINER=on` is; nothing runs before `start`.
 * @returns undefined where it is off
 * @throws ConfigError if the trainer is not installed
 */
export function openTraining(
  config: Config,
  logger: Logger,
  injected: Partial<Pick<QueueSetup, 'program' | 'after' | 'now'>> = {},
): Training | undefined {
  if (!config.trainer) return undefined;
  const { now = Date.now, program = findTrainer(), after } = injected;
  const { uploadDir: folder, modelDir: registry, trainingMinutes: minutes } = config;
  const { uploadLimitBytes: fileBytes, uploadTotalBytes: totalBytes } = config;
  const uploads = new Uploads(folder, { fileBytes, totalBytes }, now);
  const jobs = new Jobs(folder);
  const setup = { folder, program, registry, minutes, logger, now, after };
  const bounds = { memory: config.trainingMemoryMb, disk: config.trainingDiskMb };
  const queue = new TrainingQueue(jobs, uploads, { ...setup, ...bounds });
  return new Training(uploads, jobs, queue, config, now);
}

const FIELDS = ['kind', 'file', 'options'];

function readRequest(body: unknown): { kind: JobKind; file: string; options: unknown } {
  if (!isPlain(body)) throw invalid([fieldProblem('(body)', body, 'an object of kind and file')]);
  const { kind, file, options } = body;
  const known = JOB_KINDS.find((name) => name === kind);
  const others = Object.keys(body).filter((name) => !FIELDS.includes(name));
  const errors = [
    ...(known ? [] : [fieldProblem('kind', kind, `one of ${JOB_KINDS.join(', ')}`)]),
    ...(typeof file === 'string' ? [] : [fieldProblem('file', file, 'the id of a file')]),
    ...others.map((name) =>
      fieldProblem(name.slice(0, 64), body[name], `absent: there is ${FIELDS.join(', ')}`),
    ),
  ];
  if (errors.length > 0) throw invalid(errors);
  return { kind: known!, file: file as string, options };
}
