import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MOST_ROLLBACKS, Registry, trainCtr, type Trained } from '../../src/index.js';
import { exclusively } from '../../src/registry/lock.js';
import { placements } from '../data.js';

let folder: string;
let registry: Registry;
let first: Trained;
let second: Trained;

const train = (seed: number): Promise<Trained> =>
  trainCtr(placements(200), { fit: { trees: 3, seed }, threads: 1 });

const publishAll = async (...models: Trained[]): Promise<string[]> => {
  const versions: string[] = [];
  for (const { bytes, card } of models) versions.push(await registry.publish(bytes, card));
  return versions;
};

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

  it('rolls back to the version that served before, and again to the one before that', async () => {
    await expect(registry.rollback()).rejects.toMatchObject({ code: 'NO_PREVIOUS' });
    const one = await registry.publish(first.bytes, first.card);
    expect(await registry.previous()).toBeUndefined();
    await expect(registry.rollback()).rejects.toMatchObject({ code: 'NO_PREVIOUS' });
    const two = await registry.publish(second.bytes, second.card);
    const three = await registry.publish(first.bytes, first.card);
    await registry.promote(three);
    expect(await registry.previous()).toBe(two);
    expect(await registry.rollback()).toBe(two);
    expect([await registry.current(), await registry.previous()]).toEqual([two, one]);
    expect(await registry.rollback()).toBe(one);
    await expect(registry.rollback()).rejects.toMatchObject({ code: 'NO_PREVIOUS' });
    await registry.promote(three);
    expect(await registry.rollback()).toBe(one);
  });

  it('passes over versions that are gone when it rolls back', async () => {
    const [one, two, three] = await publishAll(first, second, first);
    await rm(join(folder, 'versions', two), { recursive: true });
    expect(await registry.previous()).toBe(one);
    expect(await registry.rollback()).toBe(one);
    await registry.promote(three);
    await rm(join(folder, 'versions', one), { recursive: true });
    expect(await registry.previous()).toBeUndefined();
  });

  it('remembers so many versions that served, and no more', async () => {
    const versions = await publishAll(...Array.from({ length: MOST_ROLLBACKS + 3 }, () => first));
    const back = versions.reverse().slice(1, 1 + MOST_ROLLBACKS);
    for (const version of back) expect(await registry.rollback()).toBe(version);
    await expect(registry.rollback()).rejects.toThrow(/current remembers none; promote one$/);
  });

  it('publishes without promoting if told so', async () => {
    const one = await registry.publish(first.bytes, first.card, { promote: false });
    expect([await registry.versions(), await registry.current()]).toEqual([[one], undefined]);
    const two = await registry.publish(second.bytes, second.card);
    await registry.publish(first.bytes, first.card, { promote: false });
    expect(await registry.current()).toBe(two);
  });

  it('keeps further files of a version beside its model', async () => {
    const files = { 'report.html': '<p>', 'report.json': new Uint8Array([123, 125]) };
    const version = await registry.publish(first.bytes, first.card, { files });
    expect(await readFile(registry.fileOf(version, 'report.html'), 'utf8')).toBe('<p>');
    expect(await readdir(join(folder, 'versions', version))).toEqual([
      'model.adsf',
      'model.json',
      'report.html',
      'report.json',
    ]);
  });

  it('numbers versions whose name is taken', async () => {
    const versions = await publishAll(...Array.from({ length: 11 }, () => first));
    const [one] = versions;
    expect(versions.slice(1)).toEqual(versions.slice(1).map((_, i) => `${one}-${i + 2}`));
    expect(await registry.versions()).toEqual(versions);
    expect(await registry.current()).toBe(`${one}-11`);
    expect((await registry.load(`${one}-2`)).card).toEqual(first.card);
  });

  it('writes nothing for bytes that are no model', async () => {
    await expect(registry.publish(new Uint8Array(99), first.card)).rejects.toMatchObject({
      code: 'FILE_MAGIC',
    });
    expect(await readdir(folder)).toEqual([]);
  });

  it('writes nothing for a model that contradicts itself', async () => {
    const bytes = first.bytes.slice();
    bytes[200] ^= 1;
    await expect(registry.publish(bytes, first.card)).rejects.toMatchObject({
      code: 'FILE_CORRUPT',
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

  it('tells a version that is not there from one that lacks a file', async () => {
    const one = await registry.publish(first.bytes, first.card);
    expect(await registry.card(one)).toEqual(first.card);
    await rm(join(folder, 'versions', one, 'model.adsf'));
    await expect(registry.load(one)).rejects.toThrow(/cannot be read: .*model\.adsf is missing$/);
    await rm(join(folder, 'versions', one, 'model.json'));
    await expect(registry.load(one)).rejects.toThrow(/cannot be read: .*model\.json is missing$/);
    await expect(registry.card(one)).rejects.toMatchObject({ code: 'VERSION_BROKEN' });
    await expect(registry.card('nothing')).rejects.toMatchObject({ code: 'VERSION_UNKNOWN' });
    const long = 'n'.repeat(5000);
    await expect(registry.card(long)).rejects.toMatchObject({ code: 'VERSION_UNKNOWN' });
  });

  it.each(['', '{', 'null', '7'])('refuses a card that is %j', async (card) => {
    const one = await registry.publish(first.bytes, first.card);
    await writeFile(join(folder, 'versions', one, 'model.json'), card);
    await expect(registry.card(one)).rejects.toMatchObject({ code: 'VERSION_BROKEN' });
    await expect(registry.load(one)).rejects.toThrow(/model\.json (is not JSON|does not hold)/);
  });

  it.each(['../../etc', 'a/b', '..', ''])('reads no path outside: %j', async (version) => {
    await expect(registry.load(version)).rejects.toMatchObject({ code: 'VERSION_UNKNOWN' });
    await expect(registry.card(version)).rejects.toMatchObject({ code: 'VERSION_UNKNOWN' });
  });

  it('may be a relative folder of one letter', async () => {
    const before = process.cwd();
    process.chdir(folder);
    try {
      const one = await new Registry('m').publish(first.bytes, first.card);
      await new Registry('m').tag(one, 'champion');
    } finally {
      process.chdir(before);
    }
    expect(await readdir(join(folder, 'm'))).toEqual(['current', 'tags', 'versions']);
  });

  describe.each<[string, (registry: Registry, version: string) => Promise<unknown>]>([
    ['publish', (busy) => busy.publish(second.bytes, second.card)],
    ['promote', (busy, version) => busy.promote(version)],
    ['rollback', (busy) => busy.rollback()],
    ['tag', (busy, version) => busy.tag(version, 'challenger')],
    ['untag', (busy) => busy.untag('champion')],
    ['setTrial', (busy, version) => busy.setTrial('shadow', { version, percent: 5 })],
    ['endTrials', (busy, version) => busy.endTrials(version)],
    ['prune', (busy) => busy.prune({ keep: 0 })],
  ])('is not changed by %s', (_, change) => {
    let one: string;
    let before: unknown;
    const contents = async (): Promise<unknown> => ({
      served: [await registry.current(), await registry.previous()],
      versions: await registry.versions(),
      tags: [...(await registry.tags())],
      rollout: await registry.rollout(),
    });
    beforeEach(async () => {
      let two: string;
      [one, two] = await publishAll(first, second);
      await registry.publish(first.bytes, first.card, { promote: false });
      await registry.tag(two, 'champion');
      await registry.setTrial('canary', { version: one, percent: 5 });
      before = await contents();
    });

    it('while somebody else changes it', async () => {
      await exclusively(folder, async () => {
        const changing = change(new Registry(folder, { wait: 0 }), one);
        await expect(changing).rejects.toMatchObject({ code: 'REGISTRY_BUSY' });
        expect(await contents()).toEqual(before);
      });
      await change(registry, one);
      expect(await contents()).not.toEqual(before);
    });

    it('when its guard finds that it is not wanted any more, once it has its turn', async () => {
      let wanted = true;
      const guarded = registry.guardedBy(async () => {
        if (!wanted) throw new Error('not wanted any more');
      });
      const changing = exclusively(folder, async () => {
        const late = change(guarded, one);
        await contents();
        wanted = false;
        return { late };
      });
      await expect((await changing).late).rejects.toThrow('not wanted any more');
      expect(await contents()).toEqual(before);
      wanted = true;
      await change(guarded, one);
      expect(await contents()).not.toEqual(before);
    });
  });
});
