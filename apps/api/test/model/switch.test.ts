import { copyFile, mkdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CtrModel, Registry, type Trained, defaultSchema } from '@adscale/ctr';
import { ModelFollower } from '../../src/model/follower.js';
import { type RunningApp, runApp, sample } from '../running-app.js';
import { emptyFolder, modelFolder, otherSchema, trainModel } from '../trained-models.js';
import { waitFor } from '../wait-for.js';

let api: RunningApp;
let folder: string;
let second: Trained;

beforeAll(async () => {
  second = await trainModel(defaultSchema, 0.6);
});

async function start(registry: Promise<string>, environment: Record<string, string> = {}) {
  folder = await registry;
  api = await runApp({ MODEL_DIR: folder, ...environment });
}
afterEach(() => api.close());

/** What the service does every MODEL_POLL_MS. */
const look = () => api.app.get(ModelFollower).look();

async function answer(): Promise<{ version: string; ctr: number }> {
  const { headers, body } = await api.post(sample).expect(200);
  return { version: headers['x-model-version'], ctr: body.predicted_ctr };
}

const refusals = () => api.logs.filter(({ msg }) => msg === 'model refused');

describe('a service without a model', () => {
  it('lives, is not ready and says so, until one is trained', async () => {
    await start(emptyFolder(), { MODEL_POLL_MS: '20' });
    await api.get('/health/live').expect(200);
    for (const refused of [api.get('/health/ready'), api.post(sample)]) {
      const { body } = await refused.expect(503);
      expect(body.code).toBe('MODEL_NOT_LOADED');
    }
    await api.post({}).expect(422);
    expect((await api.get('/stats')).body.model_version).toBeNull();

    const version = await new Registry(folder).publish(second.bytes, second.card);
    const isReady = async () => (await api.get('/health/ready')).status === 200;
    await waitFor('the model to be taken up', isReady);
    expect((await answer()).version).toBe(version);
  });

  it('starts when the pointer names a model that cannot be read', async () => {
    const broken = await modelFolder();
    const version = await new Registry(broken).current();
    await truncate(join(broken, 'versions', version!, 'model.adsf'), 100);
    await start(Promise.resolve(broken));
    await api.get('/health/ready').expect(503);
    expect(api.logs).toContainEqual(expect.objectContaining({ level: 50 }));
  });
});

describe('a model that becomes current', () => {
  it('is served from then on, and the answers of the one before are gone', async () => {
    await start(modelFolder());
    const before = await answer();
    const version = await new Registry(folder).publish(second.bytes, second.card);
    expect(await answer()).toEqual(before);
    await look();
    const expected = CtrModel.load(second.bytes).predict(sample);
    expect(expected).not.toBe(before.ctr);
    expect(await answer()).toEqual({ version, ctr: expected });
    expect((await api.get('/stats')).body).toMatchObject({
      model_version: version,
      cache: { hits: 1, misses: 2, size: 1 },
    });
  });

  it('can be the one before again', async () => {
    await start(modelFolder());
    const first = await answer();
    await new Registry(folder).publish(second.bytes, second.card);
    await look();
    await new Registry(folder).promote(first.version);
    await look();
    expect(await answer()).toEqual(first);
  });

  it('fails no request and mixes no answer while it is switched under load', async () => {
    await start(modelFolder(), { MODEL_POLL_MS: '5' });
    const registry = new Registry(folder);
    const first = (await registry.current())!;
    const third = await trainModel({ features: defaultSchema.features.toReversed() }, 0.9);
    const versions = [
      first,
      await registry.publish(second.bytes, second.card),
      await registry.publish(third.bytes, third.card),
    ];
    const models = await Promise.all(versions.map((version) => registry.load(version)));
    const right = new Map(models.map((model) => [model.version, model]));

    let [asked, switching] = [0, true];
    const seen = new Set<string>();
    const clients = Array.from({ length: 8 }, async () => {
      while (switching) {
        // Some rows again and again, most of them new: cached answers and others.
        const record = { ...sample, budget: 1 + ((asked++ * 37) % 5000) };
        const { headers, body } = await api.post(record).expect(200);
        const version = headers['x-model-version'];
        expect(body).toEqual({ predicted_ctr: right.get(version)!.predict(record) });
        seen.add(version);
      }
    });
    // Everything that changes what answers, while it answers.
    for (let round = 0; round < 9; round++) {
      const [current, canary, shadow] = versions.map((_, i) => versions[(round + i) % 3]);
      await registry.promote(current);
      await registry.setTrial('canary', { version: canary, percent: 40 });
      await registry.setTrial('shadow', { version: shadow, percent: 80 });
      const from = asked;
      await waitFor('40 more requests', () => asked >= from + 40);
    }
    switching = false;
    await Promise.all(clients);
    expect(seen).toEqual(new Set(versions));
  });

  it('shares the requests with a canary: each record always gets the same model', async () => {
    await start(modelFolder());
    const registry = new Registry(folder);
    const first = (await registry.current())!;
    const canary = await registry.publish(second.bytes, second.card);
    await registry.promote(first);
    await registry.setTrial('canary', { version: canary, percent: 30 });
    await look();
    const records = Array.from({ length: 120 }, (_, i) => ({ ...sample, budget: 10 + i }));
    const versionsOf = () =>
      Promise.all(records.map(async (r) => (await api.post(r)).headers['x-model-version']));
    const versions = await versionsOf();
    const share = versions.filter((version) => version === canary).length / records.length;
    expect(share).toBeGreaterThan(0.1);
    expect(share).toBeLessThan(0.5);
    expect(await versionsOf()).toEqual(versions);
  });
});

describe('a model that cannot be served', () => {
  it('is refused with the reason when its file is broken, once in the log', async () => {
    await start(modelFolder());
    const before = await answer();
    const versions = join(folder, 'versions');
    await mkdir(join(versions, 'broken'));
    const bytes = await readFile(join(versions, before.version, 'model.adsf'));
    await writeFile(join(versions, 'broken', 'model.adsf'), bytes.subarray(0, bytes.length / 2));
    await copyFile(
      join(versions, before.version, 'model.json'),
      join(versions, 'broken', 'model.json'),
    );
    await new Registry(folder).promote('broken');
    await look();
    await look();
    expect(await answer()).toEqual(before);
    expect(refusals()).toEqual([
      expect.objectContaining({
        level: 50,
        refused_version: 'broken',
        serving: before.version,
        reason: expect.stringContaining('broken'),
      }),
    ]);
    await api.get('/health/ready').expect(200);
  });

  it('is refused with the feature that differs when the routes do not fit it', async () => {
    await start(modelFolder());
    const before = await answer();
    const { bytes, card } = await trainModel(otherSchema);
    const version = await new Registry(folder).publish(bytes, card);
    await look();
    await look();
    expect(await answer()).toEqual(before);
    expect(refusals()).toEqual([
      expect.objectContaining({
        refused_version: version,
        reason: expect.stringMatching(/^feature impressions is missing; .* restart it/),
      }),
    ]);
  });

  it('does not stand in the way of the next one', async () => {
    await start(modelFolder());
    await writeFile(join(folder, 'current'), 'nowhere\n');
    await look();
    expect(refusals()).toHaveLength(1);
    const version = await new Registry(folder).publish(second.bytes, second.card);
    await look();
    expect((await answer()).version).toBe(version);
  });
});
