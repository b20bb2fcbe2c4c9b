import { createHash } from 'node:crypto';
import request, { type Test } from 'supertest';
import type { Job } from '../../src/training/jobs.js';
import type { ToldJob } from '../../src/training/training.js';
import { type RunningApp, runApp } from '../running-app.js';
import { emptyFolder } from '../trained-models.js';
import { waitFor } from '../wait-for.js';

export const ADMIN_KEY = 'a key of somebody who administers';
export const API_KEYS = [
  `ops:predict+admin:${createHash('sha256').update(ADMIN_KEY).digest('hex')}`,
  `bidder:predict:${createHash('sha256').update('a key of a bidder').digest('hex')}`,
].join();

/** An export as a platform writes it: names and separators of its own, and a total below. */
export function platformExport(rows: number): string {
  const lines = Array.from({ length: rows }, (_, i) => {
    const [shown, place] = [2000 + ((i * 37) % 900), ['Feed', 'Story', 'Search'][i % 3]];
    const clicks = Math.round((shown * (5 + 4 * (i % 3) + ((i * 7) % 5) / 5)) / 1000);
    return `Spring ${i % 11};${place};${10 + (i % 50)};${shown};${clicks}`;
  });
  return `Campaign;Placement;Bid;Impressions;Link clicks\n${lines.join('\n')}\n`;
}

/** A table of the default model. */
export function placements(rows: number): string {
  const lines = Array.from({ length: rows }, (_, i) => {
    const [position, device] = [1 + (i % 10), ['mobile', 'desktop', 'tablet'][i % 3]];
    return `${1000 + i},${position},${device},${100 + (i % 300)},${60 - 5 * (i % 10)}`;
  });
  return `impressions,ad_position,device_type,budget,clicks\n${lines.join('\n')}\n`;
}

/** A service that trains, and its folders. */
export class TrainingService {
  private constructor(
    readonly app: RunningApp,
    readonly uploads: string,
    readonly models: string,
  ) {}

  static async start(
    settings: Record<string, string> = {},
    training?: Parameters<typeof runApp>[1],
  ): Promise<TrainingService> {
    const { UPLOAD_DIR = await emptyFolder(), MODEL_DIR = await emptyFolder() } = settings;
    const own = { TRAINER: 'on', API_KEYS, OUTCOMES_URL: 'off', UPLOAD_DIR, MODEL_DIR };
    const app = await runApp({ ...own, ...settings }, training);
    return new TrainingService(app, UPLOAD_DIR, MODEL_DIR);
  }

  ask(method: 'get' | 'post' | 'delete', path: string): Test {
    return request(this.app.server)[method](path).set('x-api-key', ADMIN_KEY);
  }

  async upload(
    content: string | Buffer,
    name = 'export.csv',
  ): Promise<{ id: string; bytes: number }> {
    const path = `/training/files?name=${encodeURIComponent(name)}`;
    const sent = this.ask('post', path).set('content-type', 'text/csv').send(content);
    return (await sent.expect(200)).body;
  }

  async job(kind: string, file: string, options: object = {}): Promise<ToldJob> {
    return (await this.ask('post', '/training/jobs').send({ kind, file, options }).expect(200))
      .body;
  }

  async read(id: string): Promise<ToldJob> {
    return (await this.ask('get', `/training/jobs/${id}`).expect(200)).body;
  }

  /** Waits until a job is over, which must be so. */
  async over(id: string, state: Job['state']): Promise<ToldJob> {
    const job = await waitFor(`the end of job ${id}`, async () => {
      const seen = await this.read(id);
      return seen.finished_at === null ? undefined : seen;
    });
    expect({ state: job?.state, error: job?.error }).toMatchObject({ state });
    return job!;
  }

  /** Waits until a job's trainer grows trees. */
  async grows(id: string): Promise<ToldJob> {
    const job = await waitFor(`trees of job ${id}`, async () => {
      const seen = await this.read(id);
      if (seen.finished_at !== null) throw new Error(`over too soon: ${JSON.stringify(seen)}`);
      return seen.doing.startsWith('grow: ') ? seen : undefined;
    });
    return job!;
  }

  async versions(): Promise<{ version: string; roles: string[] }[]> {
    return (await this.ask('get', '/models').expect(200)).body.versions;
  }

  close(): Promise<void> {
    return this.app.close();
  }
}

/** Options of a training that takes minutes. */
export const LONG = { trees: 5000, leaf_rows: 1, seed: 1 };
