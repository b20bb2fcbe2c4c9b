/*
 * Jobs as they lie in the upload folder, where every process of the service reads them:
 *
 *   jobs/<id>.json          what is told of the job, replaced whole whenever it changes
 *   jobs/<id>.mapping.json  the mapping that it was given, if any, as the trainer reads it
 *   jobs/<id>.result.json   what came of it
 *   jobs/<id>.cancel        somebody wants it to end
 *   jobs/<id>/              its scratch, while it runs
 *
 * Only the process that runs jobs changes one; any may add one or ask for its end.
 */
import { access, mkdir, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomically } from '@adscale/forest/node';
import { isId } from './uploads.js';

export const JOB_KINDS = ['inspect', 'train'] as const;
export type JobKind = (typeof JOB_KINDS)[number];

/** `lost`: the service ended while it ran. */
export const JOB_STATES = [
  ...['queued', 'running'],
  ...['succeeded', 'failed', 'cancelled', 'timed_out', 'lost'],
] as readonly JobState[];
export type JobState =
  'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled' | 'timed_out' | 'lost';

/** What is told of a job beside its result. */
export interface Job {
  readonly id: string;
  readonly kind: JobKind;
  readonly file: { readonly id: string; readonly name: string };
  /** As they were given, without the mapping. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly mapped: boolean;
  readonly state: JobState;
  /** How much is done, from 0 to 1. */
  readonly progress: number;
  /** What is being done, or what came of it, in words. */
  readonly doing: string;
  readonly log: readonly string[];
  /** Why it failed. */
  readonly error: string | null;
  readonly created_at: string;
  readonly started_at: string | null;
  readonly finished_at: string | null;
}

/** So many jobs are kept; of older ones nothing is told any more. */
const MOST_KEPT = 100;

/** Whether a job has come to its end. */
export const isOver = ({ state }: Pick<Job, 'state'>): boolean =>
  state !== 'queued' && state !== 'running';

/** The jobs of an upload folder. */
export class Jobs {
  private readonly folder: string;

  constructor(folder: string) {
    this.folder = join(folder, 'jobs');
  }

  /** Keeps a new job, and forgets the oldest if there are too many. @param mapping as JSON */
  async add(job: Job, mapping: string | undefined): Promise<void> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    if (mapping !== undefined) await writeFileAtomically(this.mappingOf(job.id), mapping);
    await this.write(job);
    const over = (await this.list()).filter(isOver).slice(MOST_KEPT);
    for (const { id } of over) await this.remove(id);
  }

  write(job: Job): Promise<void> {
    return writeFileAtomically(this.path(job.id, '.json'), JSON.stringify(job));
  }

  /** All jobs, the newest first. */
  async list(): Promise<Job[]> {
    const names = await readdir(this.folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    });
    const ids = names.flatMap((name) => (name.endsWith('.json') ? [name.slice(0, -5)] : []));
    const jobs = await Promise.all(
      ids
        .sort()
        .reverse()
        .map((id) => this.find(id)),
    );
    return jobs.filter((job) => job !== undefined);
  }

  /** Those that wait, the oldest first. */
  async waiting(): Promise<Job[]> {
    return (await this.list()).filter(({ state }) => state === 'queued').reverse();
  }

  /** @returns undefined if there is none */
  async find(id: string): Promise<Job | undefined> {
    if (!isId(id)) return undefined;
    const text = await readIfThere(this.path(id, '.json'));
    return text === undefined ? undefined : (JSON.parse(text) as Job);
  }

  /** What came of a job; null if nothing has, or not yet. */
  async result(id: string): Promise<unknown> {
    const text = await readIfThere(this.path(id, '.result.json'));
    return text === undefined ? null : (JSON.parse(text) as unknown);
  }

  writeResult(id: string, result: unknown): Promise<void> {
    return writeFileAtomically(this.path(id, '.result.json'), JSON.stringify(result));
  }

  mappingOf(id: string): string {
    return this.path(id, '.mapping.json');
  }

  /** Asks for the end of a job. */
  async askToEnd(id: string): Promise<void> {
    await writeFile(this.path(id, '.cancel'), '');
  }

  isToEnd(id: string): Promise<boolean> {
    return access(this.path(id, '.cancel')).then(
      () => true,
      () => false,
    );
  }

  /** Makes the folder that a job may write to while it runs. */
  async makeScratch(id: string): Promise<string> {
    const scratch = this.path(id, '');
    await mkdir(scratch, { recursive: true, mode: 0o700 });
    return scratch;
  }

  /** What a job that runs has written so far. */
  async scratchBytes(id: string): Promise<number> {
    // Files and folders may go meanwhile: the trainer tidies up by itself.
    const paths = await readdir(this.path(id, ''), { recursive: true }).catch(() => []);
    const sizes = paths.map((path) =>
      stat(join(this.path(id, ''), path)).then(
        (found) => (found.isFile() ? found.size : 0),
        () => 0,
      ),
    );
    return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
  }

  async removeScratch(id: string): Promise<void> {
    await rm(this.path(id, ''), { recursive: true, force: true });
  }

  /** Nobody asks for the end of a job that is over. */
  async forgetWish(id: string): Promise<void> {
    await rm(this.path(id, '.cancel'), { force: true });
  }

  /** Removes a job and all that belongs to it. */
  async remove(id: string): Promise<void> {
    await this.removeScratch(id);
    await this.forgetWish(id);
    for (const part of ['.json', '.mapping.json', '.result.json']) {
      await rm(this.path(id, part), { force: true });
    }
  }

  private path(id: string, ending: string): string {
    return join(this.folder, `${id}${ending}`);
  }
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
