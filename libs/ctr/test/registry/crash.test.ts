import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Random } from '@adscale/forest';
import { CtrModel, Registry, trainCtr, type Trained } from '../../src/index.js';
import { placements } from '../data.js';

// A process a kill, and many kills.
jest.setTimeout(240_000);

const changer = join(__dirname, 'changer.mjs');

let folder: string;
let first: Trained;
const at = (name: string): string => join(folder, name);

beforeAll(async () => {
  first = await trainCtr(placements(200), { fit: { trees: 3 }, threads: 1 });
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'registry-'));
  await writeFile(at('model.adsf'), first.bytes);
  await writeFile(at('model.json'), JSON.stringify(first.card));
});
afterEach(() => rm(folder, { recursive: true }));

/** Runs a process that changes the registry, to its end or its death by its own hand. */
async function change(registry: Registry, actions: string, n: number): Promise<'done' | 'killed'> {
  const args = [changer, registry.location, folder, actions, String(n)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  const [status, signal] = (await once(child, 'exit')) as [number | null, string | null];
  expect([0, 'SIGKILL']).toContain(status ?? signal);
  return signal === null ? 'done' : 'killed';
}

/** Resolves when a process has told of so many calls that write; rejects if it ends before. */
function calls(child: ChildProcess, wanted: number): Promise<void> {
  let told = 0;
  return new Promise((resolve, reject) => {
    child.stdout!.on('data', (dots: Buffer) => {
      if ((told += dots.length) >= wanted) resolve();
    });
    child.once('close', () => reject(new Error(`ended after ${told} calls of ${wanted}`)));
  });
}

/** Every version that is to be seen is whole. */
async function expectWhole(registry: Registry): Promise<string[]> {
  const versions = await registry.versions();
  for (const version of versions) {
    const bytes = await readFile(registry.fileOf(version, 'model.adsf'));
    CtrModel.load(bytes, await registry.card(version), version);
  }
  return versions;
}

/** Somebody else can go on at once, and clears up. */
async function expectUsable(registry: Registry): Promise<void> {
  const version = await registry.publish(first.bytes, first.card);
  expect(await registry.current()).toBe(version);
  await registry.rollout();
  const names = (await readdir(registry.location)).filter(
    (name) => !['tags', 'rollout.json'].includes(name),
  );
  expect(names).toEqual(['current', 'versions']);
}

describe.each([
  ['publish', 18],
  ['rollback', 6],
  ['tag', 8],
  ['prune', 7],
  ['promote', 6],
])('a process that is killed while it does a %s', (action, fewest) => {
  it('leaves the pointer as it was or as it was to be, and whole versions only', async () => {
    const model = new Registry(at('model'));
    for (const promote of [false, false, true, true, true]) {
      await model.publish(first.bytes, first.card, { promote });
    }
    await model.rollback();
    const before = { current: await model.current(), previous: await model.previous() };
    const [oldest] = await model.versions();
    let kills = 0;
    for (let result = 'killed'; result === 'killed'; kills++) {
      const registry = new Registry(at(`run-${kills}`));
      await cp(model.location, registry.location, { recursive: true });
      result = await change(registry, action, kills + 1);
      const versions = await expectWhole(registry);
      const seen = { current: await registry.current(), previous: await registry.previous() };
      const after = {
        publish: { current: versions.at(-1), previous: before.current },
        rollback: { current: before.previous, previous: undefined },
        promote: { current: oldest, previous: before.current },
      }[action];
      if (result === 'done') expect(seen).toEqual(after ?? before);
      else expect([before, after]).toContainEqual(seen);
      await expectUsable(registry);
    }
    expect(kills).toBeGreaterThan(fewest);
  });
});

describe('processes that are killed at any time', () => {
  it('leave a registry that others go on with', async () => {
    const random = new Random(7, 0);
    const registry = new Registry(at('registry'));
    await registry.publish(first.bytes, first.card);
    const actions = 'publish,publish,tag,trial,rollback,prune,untag';
    for (let round = 0; round < 12; round++) {
      const args = [changer, registry.location, folder, actions];
      const children = [1, 2].map(() =>
        spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] }),
      );
      await Promise.all(children.map((child) => calls(child, 1 + random.below(60))));
      const ends = children.map((child) => once(child, 'exit'));
      for (const child of children) child.kill('SIGKILL');
      for (const [, signal] of await Promise.all(ends)) expect(signal).toBe('SIGKILL');
      const versions = await expectWhole(registry);
      expect(versions).toContain(await registry.current());
      await expectUsable(registry);
    }
  });
});
