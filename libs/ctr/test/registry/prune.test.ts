import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Registry, trainCtr, type Trained } from '../../src/index.js';
import { self } from '../../src/registry/owner.js';
import { placements } from '../data.js';

let folder: string;
let registry: Registry;
let trained: Trained;
let versions: string[];

beforeAll(async () => {
  trained = await trainCtr(placements(200), { fit: { trees: 3 }, threads: 1 });
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'registry-'));
  registry = new Registry(folder);
  versions = [];
  for (let i = 0; i < 6; i++) {
    const { bytes, card } = trained;
    versions.push(await registry.publish(bytes, card, { promote: false }));
  }
});
afterEach(() => rm(folder, { recursive: true }));

const rollout = (text: string): Promise<void> => writeFile(join(folder, 'rollout.json'), text);

describe('prune', () => {
  it('keeps none of the newest if told so, and everything if there are no more', async () => {
    expect((await registry.prune({ keep: 6 })).removed).toEqual([]);
    expect((await registry.prune({ keep: 0 })).removed).toEqual(versions);
    expect(await readdir(folder)).toEqual(['versions']);
  });

  it('has nothing to do where there is no registry', async () => {
    const none = new Registry(join(folder, 'none'));
    expect(await none.prune({ keep: 3 })).toEqual({ removed: [], kept: [], swept: [] });
    expect(await readdir(folder)).toEqual(['versions']);
  });

  it.each([
    ['{', /rollout.json is not JSON; mend or remove it/],
    ['{"canary": {"version": 7}}', /canary is \{"version":7\}, wanted null or a version/],
    ['{"shadow": true}', /shadow is true, wanted null or a version/],
  ])('removes nothing if it cannot tell what is tried: %j', async (text, message) => {
    await rollout(text);
    await expect(registry.prune({ keep: 1 })).rejects.toThrow(message);
    await expect(registry.prune({ keep: 1 })).rejects.toMatchObject({ code: 'ROLLOUT_INVALID' });
    expect(await registry.versions()).toEqual(versions);
  });

  it('clears up after processes that are gone, and after no others', async () => {
    const id = '3f8e5a1c-0000-4000-8000-000000000000';
    const [realm, , start] = self.split('.');
    const nobody = 2 ** 22 + 1;
    const gone = [
      `.staging-${realm}.${nobody}.${start}-${id}`,
      `.removed-${realm}.${process.pid}.1-${id}`,
      `.staging-feedfacecafe.1.1-${id}`,
      `.staging-${hostname()}-${nobody}-${id}`,
      `current.${id}.tmp`,
      `rollout.json.${id}.tmp`,
    ];
    const alive = [
      `.staging-${self}-${id}`,
      `.staging-feedfacecafe.${nobody}.${start}-${id}`,
      `notes.${id}.tmp`,
    ];
    for (const name of [...gone, ...alive]) await mkdir(join(folder, name));
    for (const name of [gone[2], gone[3], alive[0]]) await utimes(join(folder, name), 1, 1);
    const { swept } = await registry.prune({ keep: 9 });
    expect([...swept].sort()).toEqual([...gone].sort());
    expect((await readdir(folder)).sort()).toEqual([...alive, 'versions'].sort());
  });
});

describe('tags', () => {
  it('name versions, and move', async () => {
    const [one, two] = versions;
    await registry.tag(one, 'champion');
    await registry.tag(one, 'q1.2026');
    await registry.tag(two, 'champion');
    expect([...(await registry.tags())]).toEqual([
      ['champion', two],
      ['q1.2026', one],
    ]);
    expect(await registry.resolve('champion')).toBe(two);
    await registry.untag('champion');
    expect([...(await registry.tags()).keys()]).toEqual(['q1.2026']);
  });

  it('are refused where they would be taken for something else', async () => {
    const [one] = versions;
    for (const tag of ['current', 'previous', one, '', '../x', 'a b', '.hidden', 'x.tmp']) {
      await expect(registry.tag(one, tag)).rejects.toMatchObject({ code: 'TAG_INVALID' });
    }
    await expect(registry.tag('nothing', 'a')).rejects.toMatchObject({ code: 'VERSION_UNKNOWN' });
    await expect(registry.untag('a')).rejects.toThrow(/no such tag: got "a", the tags are: none/);
    expect(await readdir(folder)).toEqual(['versions']);
  });

  it('and current and previous are what people mean by a version', async () => {
    const [one, two] = versions;
    await expect(registry.resolve('current')).rejects.toMatchObject({ code: 'NO_MODEL' });
    await expect(registry.resolve('previous')).rejects.toMatchObject({ code: 'NO_PREVIOUS' });
    await registry.promote(one);
    await registry.promote(two);
    expect(await registry.resolve('current')).toBe(two);
    expect(await registry.resolve('previous')).toBe(one);
    expect(await registry.resolve(one)).toBe(one);
    await registry.tag(one, 'champion');
    await expect(registry.resolve('chmpion')).rejects.toThrow(
      `no such version: chmpion; ${folder} has current, previous, champion, ${versions[5]}`,
    );
    await rm(join(folder, 'versions', one), { recursive: true });
    await expect(registry.resolve('champion')).rejects.toMatchObject({ code: 'VERSION_UNKNOWN' });
  });
});
