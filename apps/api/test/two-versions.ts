import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { Registry, type Trained, defaultSchema } from '@adscale/ctr';
import request, { type Test } from 'supertest';
import { ModelFollower } from '../src/model/follower.js';
import { ServedModel } from '../src/model/served-model.js';
import { type RunningApp, runApp, sample } from './running-app.js';
import { modelFolder, trainModel } from './trained-models.js';

/** A key that may do everything, and the setting that says so. */
export const KEY = 'an admin key';
export const API_KEYS = `ops:predict+admin:${createHash('sha256').update(KEY).digest('hex')}`;

export type Method = 'get' | 'post' | 'put' | 'delete';

/** The service, and a registry with two versions of which the first one serves. */
export class TwoVersions {
  private constructor(
    readonly folder: string,
    readonly registry: Registry,
    readonly first: string,
    readonly second: string,
    /** The second version's model. */
    readonly trained: Trained,
    private api: RunningApp,
  ) {}

  static async start(): Promise<TwoVersions> {
    const folder = await modelFolder();
    const registry = new Registry(folder);
    const first = (await registry.current())!;
    const trained = await trainModel(defaultSchema, 0.6);
    const second = await registry.publish(trained.bytes, trained.card, { promote: false });
    const api = await runApp({ MODEL_DIR: folder, API_KEYS });
    return new TwoVersions(folder, registry, first, second, trained, api);
  }

  get server() {
    return this.api.server;
  }

  get served(): ServedModel {
    return this.api.app.get(ServedModel);
  }

  /** What was logged of models: everything else aside. */
  logged(message: string): Record<string, unknown>[] {
    return this.api.logs.filter(({ msg }) => msg === message);
  }

  fileOf(version: string, name: 'model.adsf' | 'model.json'): string {
    return join(this.folder, 'versions', version, name);
  }

  ask(method: Method, path: string, body?: object): Test {
    return request(this.server)[method](path).set('x-api-key', KEY).send(body);
  }

  predict(record: object = sample): Test {
    return this.ask('post', '/predict_ctr', record);
  }

  /** What the service does every MODEL_POLL_MS. */
  async look(): Promise<void> {
    await this.api.app.get(ModelFollower).look();
  }

  async restart(environment: Record<string, string> = {}): Promise<void> {
    await this.api.close();
    this.api = await runApp({ MODEL_DIR: this.folder, API_KEYS, ...environment });
  }

  async expectServing(version: string): Promise<void> {
    const { headers } = await this.predict().expect(200);
    expect(headers['x-model-version']).toBe(version);
    expect(await this.registry.current()).toBe(version);
  }

  /** Whatever was asked for was refused. */
  expectNothingChanged(): Promise<void> {
    return this.expectServing(this.first);
  }

  async close(): Promise<void> {
    await this.api.close();
  }
}
