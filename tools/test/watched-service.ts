import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** The built program of an app. */
export const program = (name: string): string =>
  fileURLToPath(new URL(`../../apps/${name}/dist/main.js`, import.meta.url));

/** The built API in a process of its own, on a free port of loopback, once it answers. */
export async function startApi(
  settings: Readonly<Record<string, string>>,
): Promise<{ readonly service: ChildProcess; readonly url: string }> {
  const service = spawn(process.execPath, [program('api')], {
    env: { PATH: process.env.PATH, ...settings, PORT: '0', HOST: '127.0.0.1', LOG_LEVEL: 'info' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const port = await new Promise<number>((resolve, reject) => {
    createInterface(service.stdout!).on('line', (line) => {
      const { msg, port } = JSON.parse(line);
      if (String(msg).startsWith('AdScale is up')) resolve(port);
    });
    service.once('exit', (code) => reject(new Error(`the service ended with ${code}`)));
  });
  return { service, url: `http://127.0.0.1:${port}` };
}

/** Has it leave. */
export async function stopApi(service: ChildProcess): Promise<void> {
  if (service.exitCode !== null || service.signalCode !== null) return;
  const ended = once(service, 'exit');
  service.kill('SIGTERM');
  await ended;
}

const DAY_MS = 86_400_000;
const DEVICES = ['mobile', 'desktop', 'tablet'];
/** Impressions of each device, day and position. */
const IMPRESSIONS = 20_000;
/** Clicks that come from mobiles, of those that were predicted. */
const DRIFT = 0.6;

/** Metrics as `GET /metrics` tells them. */
export class Metrics {
  private readonly labels = new Map<string, Set<string>>();

  constructor(text: string) {
    for (const [, name, type] of text.matchAll(/^# TYPE (\w+) (\w+)$/gm)) {
      const names = type === 'histogram' ? ['_bucket', '_sum', '_count'] : [''];
      for (const end of names) this.labels.set(name + end, new Set());
    }
    for (const [, name, inside = ''] of text.matchAll(/^(\w+)(?:\{(.*)\})? \S+$/gm)) {
      for (const [, label] of inside.matchAll(/(\w+)="/g)) this.labels.get(name)?.add(label);
    }
  }

  /** Labels of a metric's samples; undefined if there is no such metric. */
  labelsOf(name: string): ReadonlySet<string> | undefined {
    return this.labels.get(name);
  }
}

/**
 * The built service with a trained model, to which outcomes have come that are off for one device; and
 * with a webhook that nobody listens at.
 */
export class WatchedService {
  private constructor(
    private readonly process: ChildProcess,
    private readonly folder: string,
    readonly url: string,
  ) {}

  static async start(): Promise<WatchedService> {
    const folder = mkdtempSync(join(tmpdir(), 'adscale-watched-'));
    const models = join(folder, 'models');
    const flags = ['train', '--rows', '3000', '--trees', '10', '--output', models];
    const { status, stderr } = spawnSync(process.execPath, [program('trainer'), ...flags]);
    if (status !== 0) throw new Error(`no model was trained: ${stderr.toString()}`);
    const { service, url } = await startApi({
      MODEL_DIR: models,
      OUTCOMES_URL: `file:${join(folder, 'outcomes.db')}`,
      ...{ MONITORING_SECONDS: '1', MONITORING_PRICES: 'cpc=0.5', MAX_LAG_MS: '0' },
      // Port 0 is nobody's.
      ALERT_WEBHOOK_URL: 'http://127.0.0.1:0/',
    });
    const watched = new WatchedService(service, folder, url);
    await watched.sendOutcomes();
    return watched;
  }

  /** What the service tells once it has found what is off. */
  async metrics(): Promise<Metrics> {
    // Jest bounds this: the service looks every second.
    for (;;) {
      const text = await (await fetch(`${this.url}/metrics`)).text();
      const isTold = /^adscale_alert_deliveries\{state="waiting"\} [1-9]/m.test(text);
      if (isTold && text.includes('adscale_alert_firing{')) return new Metrics(text);
    }
  }

  async stop(): Promise<void> {
    await stopApi(this.process);
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** A fortnight of outcomes, as predicted but for mobiles. */
  private async sendOutcomes(): Promise<void> {
    const outcomes: object[] = [];
    const predicted = new Map<string, number>();
    for (let age = 14; age >= 1; age--) {
      const period = new Date(Date.now() - age * DAY_MS).toISOString().slice(0, 10);
      for (const device_type of DEVICES) {
        for (const ad_position of [1, 2, 3]) {
          const record = { impressions: 5000, ad_position, device_type, budget: 2500 };
          const key = JSON.stringify(record);
          const ctr = predicted.get(key) ?? (await this.predict(record));
          predicted.set(key, ctr);
          const factor = device_type === 'mobile' ? DRIFT : 1;
          const clicks = Math.round(IMPRESSIONS * ctr * factor);
          const about = { campaign: `campaign ${ad_position}`, placement: 'home', spend: 100 };
          outcomes.push({ record, period, impressions: IMPRESSIONS, clicks, ...about });
        }
      }
    }
    const answer = await this.post('/outcomes', outcomes);
    if (!answer.ok) throw new Error(`outcomes were refused: ${await answer.text()}`);
  }

  private async predict(record: object): Promise<number> {
    const answer = (await (await this.post('/predict_ctr', record)).json()) as {
      readonly predicted_ctr: number;
    };
    return answer.predicted_ctr;
  }

  private post(path: string, body: object): Promise<Response> {
    const headers = { 'content-type': 'application/json' };
    return fetch(this.url + path, { method: 'POST', headers, body: JSON.stringify(body) });
  }
}
