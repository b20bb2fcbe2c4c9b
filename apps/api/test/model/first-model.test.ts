import { truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { Registry, type Trained, defaultSchema } from '@adscale/ctr';
import { createLogger } from '../../src/logging/logger.js';
import { type Offer, findFirst } from '../../src/model/first-model.js';
import { ModelLoader } from '../../src/model/loader.js';
import { emptyFolder, modelFolder, otherSchema, trainModel } from '../trained-models.js';

let folder: string;
let registry: Registry;
/** The version that served first, one after it, and one of other features. */
let first: string;
let second: string;
let other: string;
let [same, strange]: Trained[] = [];

const logger = createLogger('silent', { write: () => {} });

beforeAll(async () => {
  [same, strange] = [await trainModel(defaultSchema, 0.6), await trainModel(otherSchema)];
});
beforeEach(async () => {
  folder = await modelFolder();
  registry = new Registry(folder);
  first = (await registry.current())!;
  second = await registry.publish(same.bytes, same.card);
  other = await registry.publish(strange.bytes, strange.card, { promote: false });
});

const shatter = (version: string) => truncate(join(folder, 'versions', version, 'model.adsf'), 100);

/** What a process begins with whose colleagues serve this. */
async function begin(colleagues?: Offer): Promise<string | undefined> {
  const agreement = { agree: async (offer?: Offer) => colleagues ?? offer, serves: () => {} };
  const source = { registry, loader: new ModelLoader(registry), agreement };
  const { model } = await findFirst(source, logger);
  return model?.version;
}

describe('a process begins with', () => {
  it('the version that the pointer names', async () => {
    expect(await begin()).toBe(second);
  });

  it('the version before, when that one is broken', async () => {
    await shatter(second);
    expect(await begin()).toBe(first);
  });

  it('no version before that has other features', async () => {
    await registry.promote(other);
    await registry.promote(first);
    await shatter(first);
    await shatter(second);
    expect(await begin()).toBeUndefined();
  });

  it('the version that its colleagues serve, whatever the pointer names', async () => {
    expect(await begin({ version: first, schema: defaultSchema })).toBe(first);
    await registry.promote(other);
    expect(await begin({ version: first, schema: defaultSchema })).toBe(first);
    await shatter(other);
    expect(await begin({ version: first, schema: defaultSchema })).toBe(first);
  });

  it('one of their features at least, when theirs is gone', async () => {
    const gone = { version: '20200101-000000-00000000', schema: defaultSchema };
    expect(await begin(gone)).toBe(second);
    await registry.promote(other);
    expect(await begin(gone)).toBe(second);
    expect(await begin({ ...gone, schema: otherSchema })).toBe(other);
  });

  it('their features, when there is no model of them', async () => {
    const gone = { version: '20200101-000000-00000000', schema: defaultSchema };
    registry = new Registry(await emptyFolder());
    await registry.publish(strange.bytes, strange.card);
    const agreement = { agree: async () => gone, serves: () => {} };
    const source = { registry, loader: new ModelLoader(registry), agreement };
    expect(await findFirst(source, logger)).toEqual({ model: undefined, schema: defaultSchema });
  });

  it('nothing, when there is no model', async () => {
    registry = new Registry(await emptyFolder());
    expect(await begin()).toBeUndefined();
  });
});
