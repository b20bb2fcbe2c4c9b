import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Registry, trainCtr, type Trained } from '../src/index.js';
import { placements } from './data.js';

let folder: string;
let registry: Registry;
let first: Trained;
let second: Trained;

const train = (seed: number): Promise<Trained> =>
  trainCtr(placements(200), { fit: { trees: 3, seed }, threads: 1 });

beforeAll(async () => {
  [first, second] = await Promise.all([train(1), train(2)]);
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'registry-'));
  registry = new Registry(folder);
});
afterEach(() => rm(folder, { recursive: true }));

describe('a registry', () => {
  it('that is empty has no model, and says what to do', async () => {
    expect(await registry.current()).toBeUndefined();
    expect(await registry.versions()).toEqual([]);
    await expect(registry.load()).rejects.toMatchObject({ code: 'NO_MODEL' });
    await expect(registry.load()).rejects.toThrow(/train one first/);
  });

  it('keeps every version and serves the last published', async () => {
    const one = await registry.publish(first.bytes, first.card);
    const two = await registry.publish(second.bytes, {
      ...second.card,
      created_at: '2100-01-01T00:00:00.000Z',
    });
    expect(await registry.versions()).toEqual([one, two]);
    expect(await registry.current()).toBe(two);
    const model = await registry.load(one);
    expect(model.version).toBe(one);
    expect(model.card).toEqual(first.card);
    expect(one.endsWith(model.digest.slice(0, 8))).toBe(true);
    expect(await readdir(folder)).toEqual(['current', 'versions']);
  });

  it('goes back by moving the pointer', async () => {
    const one = await registry.publish(first.bytes, first.card);
    await registry.publish(second.bytes, second.card);
    await registry.promote(one);
    expect((await registry.load()).version).toBe(one);
    await expect(registry.promote('nothing')).rejects.toMatchObject({ code: 'VERSION_UNKNOWN' });
    expect(await registry.current()).toBe(one);
  });

  it('refuses to overwrite a version and keeps serving', async () => {
    const one = await registry.publish(first.bytes, first.card);
    await expect(registry.publish(first.bytes, first.card)).rejects.toMatchObject({
      code: 'VERSION_TAKEN',
    });
    expect(await registry.current()).toBe(one);
    expect(await readdir(folder)).toEqual(['current', 'versions']);
  });

  it('writes nothing for bytes that are no model', async () => {
    await expect(registry.publish(new Uint8Array(99), first.card)).rejects.toMatchObject({
      code: 'FILE_MAGIC',
    });
    expect(await readdir(folder)).toEqual([]);
  });

  it('says why a broken version cannot be read', async () => {
    const one = await registry.publish(first.bytes, first.card);
    const file = join(folder, 'versions', one, 'model.adsf');
    const bytes = await readFile(file);
    bytes[200] ^= 1;
    await writeFile(file, bytes);
    await expect(registry.load()).rejects.toMatchObject({ code: 'VERSION_BROKEN' });
    await expect(registry.load()).rejects.toThrow(/checksum/);
  });

  it.each(['../../etc', 'a/b', '..', ''])('reads no path outside: %j', async (version) => {
    await expect(registry.load(version)).rejects.toMatchObject({ code: 'VERSION_UNKNOWN' });
  });
});
