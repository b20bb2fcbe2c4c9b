import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MOST_ROLLBACKS, Registry, trainCtr, type Trained } from '../../src/index.js';
import { placements } from '../data.js';
import { BucketServer } from './bucket-server.js';

let first: Trained;
let second: Trained;
let server: BucketServer;
let folder: string;

beforeAll(async () => {
  const train = (seed: number): Promise<Trained> =>
    trainCtr(placements(200), { fit: { trees: 3, seed }, threads: 1 });
  [first, second, server] = await Promise.all([train(1), train(2), BucketServer.start()]);
});
afterAll(() => server.stop());
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'registry-'));
  await server.reset();
});
afterEach(() => rm(folder, { recursive: true }));

const textOf = async (file: string | Uint8Array): Promise<string> =>
  Buffer.from(typeof file === 'string' ? await readFile(file) : file).toString();

describe.each([
  ['a folder', () => folder],
  ['a bucket', () => 's3://models/team/ctr'],
  ['a bucket of its own', () => 's3://models'],
])('a registry in %s', (_, location) => {
  let registry: Registry;
  beforeEach(() => (registry = new Registry(location())));

  const publishAll = async (count: number, promote = true): Promise<string[]> => {
    const versions: string[] = [];
    for (let i = 0; i < count; i++) {
      versions.push(await registry.publish(first.bytes, first.card, { promote }));
    }
    return versions;
  };

  it('is empty at first, says so, and has nothing to prune', async () => {
    expect([await registry.current(), await registry.versions()]).toEqual([undefined, []]);
    expect([...(await registry.tags())]).toEqual([]);
    expect(await registry.rollout()).toEqual({ canary: null, shadow: null });
    await expect(registry.load()).rejects.toMatchObject({ code: 'NO_MODEL' });
    await expect(registry.load()).rejects.toThrow(`${location()}/`);
    await expect(registry.rollback()).rejects.toMatchObject({ code: 'NO_PREVIOUS' });
    await expect(registry.retraining(async () => 1)).rejects.toMatchObject({ code: 'NO_MODEL' });
    await expect(registry.untag('a')).rejects.toMatchObject({ code: 'TAG_UNKNOWN' });
    expect(await registry.prune({ keep: 1 })).toMatchObject({ removed: [], kept: [], swept: [] });
    expect(registry.location).toBe(location());
  });

  it('keeps versions with their files, and loads what serves', async () => {
    const files = { 'report.html': '<p>', 'report.json': new Uint8Array([123, 125]) };
    const one = await registry.publish(first.bytes, first.card, { files });
    const two = await registry.publish(second.bytes, second.card, { promote: false });
    expect((await registry.versions()).sort()).toEqual([one, two].sort());
    const model = await registry.load();
    expect([model.version, model.card]).toEqual([one, first.card]);
    expect(one.endsWith(model.digest.slice(0, 8))).toBe(true);
    expect((await registry.load(two)).card).toEqual(second.card);
    expect(await textOf(await registry.fetch(one, 'report.html'))).toBe('<p>');
    expect(await textOf(await registry.fetch(one, 'report.json'))).toBe('{}');
    expect(registry.fileOf(one, 'report.html')).toBe(`${location()}/versions/${one}/report.html`);
    const again = new Registry(location());
    expect([await again.current(), await again.stamp(one)]).toEqual([
      one,
      await registry.stamp(one),
    ]);
    expect(await registry.stamp('nothing')).toBeUndefined();
  });

  it('numbers versions whose name is taken, oldest first', async () => {
    const versions = await publishAll(11);
    expect(versions.slice(1)).toEqual(versions.slice(1).map((__, i) => `${versions[0]}-${i + 2}`));
    expect(await registry.versions()).toEqual(versions);
    expect(await registry.current()).toBe(versions[10]);
  });

  it('promotes, and rolls back as far as it remembers', async () => {
    const versions = await publishAll(MOST_ROLLBACKS + 3);
    const back = versions.slice(0, -1).reverse().slice(0, MOST_ROLLBACKS);
    for (const version of back) expect(await registry.rollback()).toBe(version);
    await expect(registry.rollback()).rejects.toThrow(/remembers none; promote one$/);
    await registry.promote(versions[0]);
    expect((await registry.history()).slice(0, 2)).toEqual([versions[0], back.at(-1)]);
    expect(await registry.previous()).toBe(back.at(-1));
    await expect(registry.promote('nothing')).rejects.toMatchObject({ code: 'VERSION_UNKNOWN' });
  });

  it('has tags, which move, and are what people mean by a version', async () => {
    const [one, two] = await publishAll(2);
    await registry.tag(one, 'champion');
    await registry.tag(one, 'baseline');
    await registry.tag(two, 'champion');
    expect([...(await registry.tags())]).toEqual([
      ['baseline', one],
      ['champion', two],
    ]);
    expect(await registry.resolve('baseline')).toBe(one);
    expect(await registry.resolve('previous')).toBe(one);
    await registry.untag('champion');
    expect([...(await registry.tags()).keys()]).toEqual(['baseline']);
    await expect(registry.tag(one, '../x')).rejects.toMatchObject({ code: 'TAG_INVALID' });
    await expect(registry.tag('nothing', 'a')).rejects.toMatchObject({ code: 'VERSION_UNKNOWN' });
    await expect(registry.resolve('chmpion')).rejects.toThrow(
      `chmpion; ${location()} has current, previous, baseline, ${two}, ${one}`,
    );
  });

  it('has trials, and ends those of a version', async () => {
    const [one, two] = await publishAll(2);
    await registry.setTrial('canary', { version: one, percent: 5 });
    await registry.setTrial('shadow', { version: two, percent: 12.5 });
    await registry.endTrials(two);
    const canary = { version: one, percent: 5 };
    expect(await registry.rollout()).toEqual({ canary, shadow: null });
    await registry.setTrial('canary', null);
    expect(await registry.rollout()).toEqual({ canary: null, shadow: null });
    const none = registry.setTrial('canary', { version: one, percent: 101 });
    await expect(none).rejects.toMatchObject({ code: 'ROLLOUT_INVALID' });
  });

  it('prunes what nobody needs, and tells why the rest stays', async () => {
    const [one, two, three, four, five, six] = await publishAll(6, false);
    await registry.promote(one);
    await registry.promote(three);
    await registry.tag(two, 'baseline');
    await registry.setTrial('canary', { version: four, percent: 5 });
    const wanted = {
      removed: [five],
      kept: [
        { version: one, reasons: ['rollback'] },
        { version: two, reasons: ['tag baseline'] },
        { version: three, reasons: ['current'] },
        { version: four, reasons: ['canary'] },
        { version: six, reasons: ['newest'] },
      ],
      swept: [],
    };
    // Of a bucket it is told besides what is complete and has no name: nothing here.
    const { unknown = [], ...planned } = await registry.prune({ keep: 1, dryRun: true });
    expect([unknown, planned]).toEqual([[], wanted]);
    expect(await registry.versions()).toEqual([one, two, three, four, five, six]);
    const { unknown: left = [], ...done } = await registry.prune({ keep: 1 });
    expect([left, done]).toEqual([[], wanted]);
    expect(await registry.versions()).toEqual([one, two, three, four, six]);
    await expect(registry.load(five)).rejects.toMatchObject({ code: 'VERSION_UNKNOWN' });
    expect(await registry.stamp(five)).toBeUndefined();
    expect(await registry.rollback()).toBe(one);
    expect((await registry.load(two)).card).toEqual(first.card);
  });

  it('takes no bytes that are no model, and reads no path outside', async () => {
    const nothing = registry.publish(new Uint8Array(99), first.card);
    await expect(nothing).rejects.toMatchObject({ code: 'FILE_MAGIC' });
    expect(await registry.versions()).toEqual([]);
    for (const version of ['../../etc', 'a/b', '..', '']) {
      await expect(registry.card(version)).rejects.toMatchObject({ code: 'VERSION_UNKNOWN' });
    }
  });

  it('lets one retrain at a time, and change the registry meanwhile', async () => {
    const [one] = await publishAll(1);
    const other = new Registry(location());
    await registry.retraining(async () => {
      const late = other.retraining(async () => 'two at once');
      await expect(late).rejects.toMatchObject({ code: 'RETRAIN_UNDER_WAY' });
      await expect(other.publish(second.bytes, second.card)).resolves.toBeDefined();
    });
    expect(await other.retraining(async () => 'after it')).toBe('after it');
    const failing = registry.retraining(() => Promise.reject(new Error('no')));
    await expect(failing).rejects.toThrow('no');
    expect(await other.retraining(() => other.rollback())).toBe(one);
  });

  it.each<[string, (registry: Registry, version: string) => Promise<unknown>]>([
    ['publish', (guarded) => guarded.publish(second.bytes, second.card)],
    ['promote', (guarded, version) => guarded.promote(version)],
    ['rollback', (guarded) => guarded.rollback()],
    ['tag', (guarded, version) => guarded.tag(version, 'challenger')],
    ['untag', (guarded) => guarded.untag('champion')],
    ['setTrial', (guarded, version) => guarded.setTrial('shadow', { version, percent: 5 })],
    ['endTrials', (guarded, version) => guarded.endTrials(version)],
    ['prune', (guarded) => guarded.prune({ keep: 0 })],
  ])('is not changed by %s when its guard says no, and once it says yes', async (__, change) => {
    const [one, two] = await publishAll(2);
    await publishAll(1, false);
    await registry.tag(two, 'champion');
    await registry.setTrial('canary', { version: one, percent: 5 });
    const contents = async (): Promise<unknown> => [
      await registry.history(),
      await registry.versions(),
      [...(await registry.tags())],
      await registry.rollout(),
    ];
    const before = await contents();
    const no = registry.guardedBy(() => Promise.reject(new Error('not wanted any more')));
    await expect(change(no, one)).rejects.toThrow('not wanted any more');
    expect(await contents()).toEqual(before);
    await change(
      registry.guardedBy(() => Promise.resolve()),
      one,
    );
    expect(await contents()).not.toEqual(before);
  });

  it('loses no change when many make one at once', async () => {
    const [one, two] = await publishAll(2);
    const tags = Array.from({ length: 8 }, (__, i) => `tag-${i}`);
    const published = new Registry(location()).publish(second.bytes, second.card);
    await Promise.all([
      published,
      ...tags.map((tag) => new Registry(location()).tag(one, tag)),
      new Registry(location()).setTrial('canary', { version: one, percent: 5 }),
      new Registry(location()).setTrial('shadow', { version: two, percent: 7 }),
    ]);
    expect([...(await registry.tags()).keys()]).toEqual(tags);
    expect(await registry.rollout()).toEqual({
      canary: { version: one, percent: 5 },
      shadow: { version: two, percent: 7 },
    });
    expect(await registry.current()).toBe(await published);
  });
});
