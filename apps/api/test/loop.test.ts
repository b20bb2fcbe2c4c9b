/*
 * The whole loop as people run it, each part a program of its own, and a crash between any two:
 *
 *   train ─▶ serve ─▶ outcomes ─▶ monitoring sees the drift ─▶ retrain ─▶ canary behind a gate ─▶ promoted
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { sample } from './running-app.js';
import { Service } from './service-process.js';
import { describeEngines, type Engine } from './store/engines.js';
import { waitFor } from './wait-for.js';

jest.setTimeout(600_000);

const run = promisify(execFile);
const program = join(__dirname, '..', '..', 'trainer', 'dist', 'main.js');
const KEY = 'a key for all of it';
const API_KEYS = `ops:predict+outcomes+admin:${createHash('sha256').update(KEY).digest('hex')}`;

const DAY_MS = 86_400_000;
const dayAgo = (days: number): string =>
  new Date(Date.now() - days * DAY_MS).toISOString().slice(0, 10);

/** A row of the generated table, as the default model takes it. */
interface Row {
  readonly record: Record<string, number | string>;
  readonly impressions: number;
  readonly clicks: number;
}

/** A service on a registry and a store, which crashes and comes back. */
class Loop {
  private service!: Service;

  constructor(
    private readonly folder: string,
    private readonly engine: Engine,
    private readonly store: string,
  ) {}

  get models(): string {
    return join(this.folder, 'models');
  }

  async serve(): Promise<void> {
    const settings = { MODEL_DIR: this.models, OUTCOMES_URL: this.store, API_KEYS };
    this.service = await new Service(settings).up();
    // It serves before its store can be used: answers have ids once that is so.
    await waitFor('answers with ids', async () => {
      const { headers } = await this.ask('/predict_ctr', sample);
      return headers.has('x-prediction-id');
    });
  }

  /** Kills the service and the database, wherever they stand, and starts them again. */
  async crash(): Promise<void> {
    this.service.kill('SIGKILL');
    await this.service.ended();
    await this.engine.server?.kill();
    await this.engine.server?.resume();
    await this.serve();
  }

  async stop(): Promise<void> {
    this.service.kill('SIGTERM');
    await this.service.ended();
  }

  /** Runs a command of the trainer, and reads its document. */
  async command<T>(...args: string[]): Promise<T> {
    const { stdout } = await run(process.execPath, [program, ...args], {
      cwd: this.folder,
      env: {
        ...process.env,
        MODEL_DIR: this.models,
        ADSCALE_URL: `http://127.0.0.1:${this.service?.port}`,
        ADSCALE_API_KEY: KEY,
      },
    });
    return (stdout === '' ? undefined : JSON.parse(stdout)) as T;
  }

  async ask<T>(path: string, body?: unknown): Promise<{ json: T; headers: Headers }> {
    const answer = await fetch(`http://127.0.0.1:${this.service.port}${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { 'x-api-key': KEY, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${text}`);
    return { json: JSON.parse(text) as T, headers: answer.headers };
  }

  /** Days of placements whose phones click less from the third day on. */
  async generate(file: string, days: number, seed: string): Promise<Row[]> {
    const change = `device_type=mobile:0.6@${dayAgo(days - 2)}`;
    const flags = ['--from', dayAgo(days), '--days', `${days - 1}`, '--change', change];
    await this.command('generate', '--rows', `${100 * days}`, '--seed', seed, ...flags, '-o', file);
    const [head, ...lines] = (await readFile(join(this.folder, file), 'utf8')).trim().split('\n');
    const names = head.split(',');
    return lines.map((line) => {
      const cells = line.split(',');
      const value = (name: string): string => cells[names.indexOf(name)];
      const [impressions, clicks] = [Number(value('impressions')), Number(value('clicks'))];
      const record = {
        ...{ impressions, ad_position: Number(value('ad_position')) },
        ...{ device_type: value('device_type'), budget: Number(value('budget')) },
      };
      return { record, impressions, clicks };
    });
  }

  /** Asks for predictions of placements, and tells what came of them by the ids of the answers. */
  async traffic(rows: readonly Row[]): Promise<Map<string, number>> {
    const answered = new Map<string, number>();
    const outcomes = await Promise.all(
      rows.map(async ({ record, impressions, clicks }) => {
        const { headers } = await this.ask('/predict_ctr', record);
        const version = headers.get('x-model-version')!;
        answered.set(version, (answered.get(version) ?? 0) + 1);
        return { prediction_id: headers.get('x-prediction-id'), impressions, clicks };
      }),
    );
    const { json } = await this.ask<{ accepted: number }>('/outcomes', outcomes);
    expect(json.accepted).toBe(rows.length);
    return answered;
  }
}

interface Monitoring {
  readonly findings: readonly { readonly words: string }[];
}

interface Retrained {
  readonly outcome: string;
  readonly version: string;
}

/** A small model on few rows is good enough to be tried, not to be held to a few per cent. */
const GATE = [
  'steps=[50,100]',
  'least_hours=0',
  'least_answers=20',
  'tolerance=0.4',
  'slow_ms=60000',
];

describeEngines('outcomes, monitoring, retraining and the gate', (engine) => {
  let folder: string;
  beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'loop-'))));
  afterEach(() => rm(folder, { recursive: true }));

  it('go round, whatever is killed in between', async () => {
    const loop = new Loop(folder, engine, engine.newUrl());
    await loop.command('train', '--rows', '400', '--trees', '20', '--no-report', '--json');
    await loop.serve();
    try {
      const before = (await loop.ask<{ current: string }>('/models')).json.current;
      await loop.generate('told.csv', 25, '9');
      const { sent } = await loop.command<{ sent: object }>('outcomes', 'told.csv', '--json');
      expect(sent).toMatchObject({ accepted: 2500, rejected: 0 });
      await loop.crash();

      const { json } = await loop.ask<Monitoring>(`/monitoring?from=${dayAgo(30)}`);
      expect(JSON.stringify(json)).toMatch(/device_type = mobile/);
      await loop.crash();

      const gate = GATE.flatMap((option) => ['--gate', option]);
      const made = await loop.command<Retrained>('retrain', '--no-report', '--json', ...gate);
      expect(made.outcome).toBe('canary');
      await loop.crash();

      const rows = (await loop.generate('later.csv', 25, '10')).slice(-600);
      const trial = async (): Promise<{ status: string; words: string }> =>
        (await loop.ask<{ status: string; words: string }>(`/models/${made.version}/trial`)).json;
      expect(await trial()).toMatchObject({ status: 'running' });
      const first = await loop.traffic(rows.slice(0, 300));
      expect([...first.keys()].sort()).toEqual([before, made.version].sort());
      await loop.crash();

      await loop.traffic(rows.slice(300));
      await waitFor('the gate to decide', async () => {
        const { status, words } = await trial();
        if (status === 'aborted') throw new Error(words);
        return status === 'promoted';
      });
      expect((await loop.ask<{ current: string }>('/models')).json.current).toBe(made.version);
      const after = await loop.traffic(rows.slice(0, 20));
      expect([...after.keys()]).toEqual([made.version]);
    } finally {
      await loop.stop();
    }
  });
});
