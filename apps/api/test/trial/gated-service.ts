import { createHash } from 'node:crypto';
import { type CtrModel, Registry, defaultSchema } from '@adscale/ctr';
import request, { type Test } from 'supertest';
import { TrialSteward } from '../../src/trial/steward.js';
import { type RunningApp, runApp } from '../running-app.js';
import { modelFolder, trainModel } from '../trained-models.js';

export const KEY = 'a key for everything';
export const API_KEYS = `all:predict+outcomes+admin:${createHash('sha256').update(KEY).digest('hex')}`;

/** A gate that decides by outcomes alone, and soon. */
export const soon = { least_clicks: 1000, least_hours: 0, least_answers: 0 };

/** Records that both models tell apart. */
const records = Array.from({ length: 120 }, (_, i) => ({
  impressions: 100 + 80 * i,
  ad_position: 1 + (i % 10),
  device_type: ['mobile', 'desktop', 'tablet'][i % 3],
  budget: 50 + 70 * ((i * 37) % 120),
}));

/** Today's outcomes, as this version expects them. */
export async function outcomesOf(registry: Registry, version: string, times: number) {
  const model: CtrModel = await registry.load(version);
  const period = new Date(Date.now()).toISOString().slice(0, 10);
  const impressions = 20_000 * times;
  return records.map((record) => {
    const clicks = Math.round(impressions * model.predict(record));
    return { record, period, impressions, clicks };
  });
}

/** Services that share a registry of two very different versions, and a store. */
export class GatedService {
  private readonly apis: RunningApp[] = [];

  private constructor(
    readonly registry: Registry,
    private readonly url: string,
    readonly first: string,
    readonly second: string,
  ) {}

  static async start(url: string): Promise<GatedService> {
    const registry = new Registry(await modelFolder());
    const first = (await registry.current())!;
    const { bytes, card } = await trainModel(defaultSchema, 0.6);
    const second = await registry.publish(bytes, card, { promote: false });
    const services = new GatedService(registry, url, first, second);
    await services.another();
    return services;
  }

  /** Starts one more service; all routes are asked of the latest. */
  async another(): Promise<RunningApp> {
    const MODEL_DIR = this.registry.location;
    const api = await runApp({ MODEL_DIR, OUTCOMES_URL: this.url, API_KEYS });
    this.apis.push(api);
    return api;
  }

  get api(): RunningApp {
    return this.apis.at(-1)!;
  }

  ask(method: 'get' | 'post' | 'put' | 'delete', path: string, body?: object): Test {
    return request(this.api.server)[method](path).set('x-api-key', KEY).send(body);
  }

  begin(gate: object | boolean = soon, more: object = {}): Test {
    return this.ask('put', '/models/canary', { version: this.second, gate, ...more });
  }

  /** What `GET /models/{version}/trial` says of the second version. */
  async trial() {
    return (await this.ask('get', `/models/${this.second}/trial`).expect(200)).body;
  }

  /** Tells a day's outcomes as this version expects them, each time more of them. */
  async tell(version: string, times: number): Promise<void> {
    const outcomes = await outcomesOf(this.registry, version, times);
    await this.ask('post', '/outcomes', outcomes).expect(200);
  }

  /** What the service does by itself, a while after outcomes came. */
  async look(api = this.api): Promise<void> {
    await api.app.get(TrialSteward).look();
  }

  /** Asks for predictions of so many records. */
  async predict(count: number): Promise<void> {
    for (let i = 0; i < count; i++) {
      const record = { ...records[i % records.length], budget: 10 + i };
      await this.ask('post', '/predict_ctr', record).expect(200);
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.apis.splice(0).map((api) => api.close()));
  }

  async canary() {
    return (await this.registry.rollout()).canary;
  }
}
