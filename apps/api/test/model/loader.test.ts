import { readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CtrModel, Registry, type Trained, defaultSchema } from '@adscale/ctr';
import { ModelLoader } from '../../src/model/loader.js';
import { modelFolder, otherSchema, trainModel } from '../trained-models.js';

let folder: string;
let registry: Registry;
let loader: ModelLoader;
let version: string;
let second: Trained;

beforeAll(async () => {
  second = await trainModel(defaultSchema, 0.6);
});
beforeEach(async () => {
  folder = await modelFolder();
  registry = new Registry(folder);
  loader = new ModelLoader(registry);
  version = (await registry.current())!;
});

const fileOf = (name: string) => join(folder, 'versions', version, name);

async function refusal(name = version): Promise<string> {
  const error: Error = await loader.load(name, defaultSchema).then(
    () => new Error('it was not refused'),
    (thrown) => thrown,
  );
  expect(error.name).toBe('ModelRefusedError');
  expect(loader.refusalOf(name)).toBe(error.message);
  return error.message;
}

describe('a version that can be served', () => {
  it('comes compiled, and predicts what its file does', async () => {
    const model = await loader.load(version);
    const bytes = await readFile(fileOf('model.adsf'));
    const sample = { impressions: 5000, ad_position: 1, device_type: 'mobile', budget: 2500 };
    expect(model.predict(sample)).toBe(CtrModel.load(bytes).predict(sample));
    expect(model.version).toBe(version);
    expect(loader.refusalOf(version)).toBeUndefined();
  });

  it('is loaded once for all who ask, until it is let go of', async () => {
    const [one, two] = await Promise.all([loader.load(version), loader.load(version)]);
    expect(two).toBe(one);
    loader.retain([version]);
    expect(await loader.load(version)).toBe(one);
    loader.retain([]);
    expect(await loader.load(version)).not.toBe(one);
  });

  it('may name its features in another order', async () => {
    const { bytes, card } = await trainModel({ features: defaultSchema.features.toReversed() });
    const reversed = await registry.publish(bytes, card);
    expect((await loader.load(reversed)).version).toBe(reversed);
  });
});

describe('a version that cannot be served is refused with the reason', () => {
  it('when its file is cut short, at any length', async () => {
    const { length } = await readFile(fileOf('model.adsf'));
    for (const bytes of [length - 1, Math.floor(length / 2), 10, 0]) {
      await truncate(fileOf('model.adsf'), bytes);
      expect(await refusal()).toMatch(/^the version cannot be read: /);
    }
  });

  it('when one bit of its file is another one', async () => {
    const bytes = await readFile(fileOf('model.adsf'));
    for (const at of [3, 20, Math.floor(bytes.length / 2), bytes.length - 1]) {
      const flipped = Buffer.from(bytes);
      flipped[at] ^= 4;
      await writeFile(fileOf('model.adsf'), flipped);
      expect(await refusal()).toMatch(/model file/);
    }
  });

  it('when it has no card, or no model', async () => {
    await rm(fileOf('model.json'));
    expect(await refusal()).toMatch(/model\.json is missing$/);
    await writeFile(fileOf('model.json'), JSON.stringify(second.card));
    await rm(fileOf('model.adsf'));
    expect(await refusal()).toMatch(/model\.adsf is missing$/);
  });

  it.each(['', '{', 'null', '"card"'])('when its card is %j', async (text) => {
    await writeFile(fileOf('model.json'), text);
    expect(await refusal()).toMatch(/model\.json (is not JSON|does not hold an object)$/);
  });

  it('when its card is that of another model', async () => {
    const { card } = await trainModel(otherSchema);
    await writeFile(fileOf('model.json'), JSON.stringify(card));
    expect(await refusal()).toBe(
      'its card is that of another model: feature impressions is missing',
    );
  });

  it('when its features are not those of the routes, without loading it again', async () => {
    const { bytes, card } = await trainModel(otherSchema);
    const other = await registry.publish(bytes, card);
    const load = jest.spyOn(registry, 'load');
    const reason = await refusal(other);
    expect(reason).toMatch(/^feature impressions is missing; .* restart it to serve this model$/);
    expect(await refusal(other)).toBe(reason);
    expect(load).toHaveBeenCalledTimes(1);
  });

  it.each(['../../../etc', 'a/b', '..', '', '.staging', 'nowhere', '__proto__'])(
    'when the registry has none of the name %j',
    async (name) => {
      expect(await refusal(name)).toMatch(/^the registry has no such version/);
    },
  );

  it('when the system does not let it be read, and says no path', async () => {
    const cause = Object.assign(new Error(`EACCES: permission denied, open '${folder}'`), {
      code: 'EACCES',
    });
    jest.spyOn(registry, 'load').mockRejectedValue(cause);
    expect(await refusal()).toBe('it cannot be read (EACCES)');
  });

  it('when it predicts what is no CTR', async () => {
    const model = await registry.load(version);
    jest.spyOn(model.compiled, 'predict').mockReturnValue(NaN);
    jest.spyOn(registry, 'load').mockResolvedValue(model);
    expect(await refusal()).toMatch(/^it predicts NaN for \{"impressions":5000/);
  });

  it('until it can: a file that is mended is served', async () => {
    const bytes = await readFile(fileOf('model.adsf'));
    await truncate(fileOf('model.adsf'), 100);
    await refusal();
    await writeFile(fileOf('model.adsf'), bytes);
    await loader.load(version);
    expect(loader.refusalOf(version)).toBeUndefined();
  });

  it('and is read again only when it changed', async () => {
    await truncate(fileOf('model.adsf'), 100);
    const load = jest.spyOn(registry, 'load');
    const reason = await refusal();
    for (let i = 0; i < 3; i++) expect(await refusal()).toBe(reason);
    expect(load).toHaveBeenCalledTimes(1);
    await truncate(fileOf('model.adsf'), 90);
    await refusal();
    expect(load).toHaveBeenCalledTimes(2);
  });

  it('and is read again each time when it was the system that failed', async () => {
    const cause = Object.assign(new Error('EIO: i/o error'), { code: 'EIO' });
    const load = jest.spyOn(registry, 'load').mockRejectedValueOnce(cause);
    await refusal();
    await loader.load(version);
    expect(load).toHaveBeenCalledTimes(2);
  });

  it('and the reasons do not pile up, whatever names are asked for', async () => {
    for (let i = 0; i < 101; i++) await refusal(`nowhere-${i}`);
    expect(loader.refusalOf('nowhere-0')).toBeUndefined();
    expect(loader.refusalOf('nowhere-1')).toMatch(/no such version/);
    expect(loader.refusalOf('nowhere-100')).toMatch(/no such version/);
  });
});
