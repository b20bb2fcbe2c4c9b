import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Registry, trainCtr, type Trained } from '../../src/index.js';
import { placements } from '../data.js';
import { BucketServer, type Fault } from './bucket-server.js';

// A process for every write.
jest.setTimeout(240_000);

const DAY = 24 * 3_600_000;
const changer = join(__dirname, 'bucket-changer.mjs');
const location = 's3://models/ctr';

let first: Trained;
let server: BucketServer;
let folder: string;
let registry: Registry;

beforeAll(async () => {
  first = await trainCtr(placements(200), { fit: { trees: 3 }, threads: 1 });
  server = await BucketServer.start();
  folder = await mkdtemp(join(tmpdir(), 'registry-'));
  await writeFile(join(folder, 'model.adsf'), first.bytes);
  await writeFile(join(folder, 'model.json'), JSON.stringify(first.card));
});
afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true });
});
beforeEach(() => beginAnew());

/** An empty store, and somebody who has never read another one. */
async function beginAnew(): Promise<void> {
  await server.reset();
  registry = new Registry(location);
}

/** Runs a process that changes the registry, to its end or its death where the fault holds it. */
async function change(action: string, fault: Fault): Promise<'done' | 'killed'> {
  await server.fail(fault);
  const args = [changer, location, folder, action];
  // A test's environment is a copy, which children do not get by themselves.
  const { env } = process;
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'ignore', 'inherit'] });
  const ended = once(child, 'exit');
  const over = new AbortController();
  const held = server.held(over.signal).then(
    () => child.kill('SIGKILL'),
    () => {},
  );
  const [status, signal] = (await ended) as [number | null, string | null];
  over.abort();
  await held;
  expect([0, 'SIGKILL']).toContain(status ?? signal);
  await server.fail();
  return signal === null ? 'done' : 'killed';
}

/** Every version that is to be seen is whole. */
async function expectWhole(): Promise<string[]> {
  const versions = await registry.versions();
  for (const version of versions) await registry.load(version);
  return versions;
}

/**
 * Somebody else can go on at once, and clears up what is a day old.
 * @returns what he leaves alone
 */
async function expectUsable(): Promise<readonly string[]> {
  const version = await registry.publish(first.bytes, first.card);
  expect(await registry.current()).toBe(version);
  const versions = await registry.versions();
  const isStray = (key: string) =>
    key.startsWith('ctr/versions/') && !versions.includes(key.split('/')[2]);
  const strays = (await server.keys()).filter(isStray);
  for (const key of strays) await server.write(key, 'stray', DAY + 60_000);
  const { unknown = [] } = await registry.prune({ keep: 99 });
  // What is complete may be a version that somebody misses.
  const isNamed = (key: string) => unknown.includes(key.split('/').slice(1, 3).join('/'));
  expect((await server.keys()).filter((key) => isStray(key) && !isNamed(key))).toEqual([]);
  await expectWhole();
  return unknown;
}

// All other changes are one write of the same object, as a promotion is.
describe.each([
  // Four names that are taken, then three files and the book.
  ['publish', 8],
  ['promote', 1],
  // The book, and two files of each of two versions that go.
  ['prune', 5],
])('a process that is killed before any write of a %s', (action, writes) => {
  it('leaves all as it was or as it was to be, and whole versions only', async () => {
    let kills = 0;
    for (let result = 'killed'; result === 'killed'; kills++) {
      await beginAnew();
      for (const promote of [false, false, true, true]) {
        await registry.publish(first.bytes, first.card, { promote });
      }
      const before = await registry.versions();
      const state = async () => [await registry.history(), await registry.versions()];
      const was = await state();
      result = await change(action, {
        method: 'WRITE',
        key: 'registry|versions',
        nth: kills + 1,
        what: 'before',
      });
      const is = await state();
      await expectWhole();
      const [oldest, , previous, current] = before;
      const added = is[1].at(-1)!;
      const [history] = was;
      const after = {
        publish: [
          [added, ...history],
          [...before, added],
        ],
        promote: [[oldest, ...history], before],
        prune: [history, [previous, current]],
      }[action]!;
      // The last write of a publication makes it seen; the first of a prune hides what goes.
      const isDone = action === 'prune' ? kills > 0 : result === 'done';
      expect(is).toEqual(isDone ? after : was);
      // Killed between the card and the book.
      const isComplete = action === 'publish' && kills === writes - 1;
      expect(await expectUsable()).toHaveLength(isComplete ? 1 : 0);
    }
    expect(kills).toBe(writes + 1);
  });
});

describe('a process whose answers are lost', () => {
  // Unlike in a test's realm, the SDK asks again there, and is told that somebody came first: itself.
  it.each([
    ['publish', 'registry'],
    ['publish', 'report'],
    ['publish', '-3/model.adsf'],
    ['promote', 'registry'],
  ])('does its %s once, be it that of %s', async (action, key) => {
    const lost = { method: 'PUT', key, nth: 1, what: 'mute' } as const;
    for (const promote of [false, true]) {
      await registry.publish(first.bytes, first.card, { promote });
    }
    const [oldest, current] = await registry.versions();
    expect(await change(action, lost)).toBe('done');
    const versions = await expectWhole();
    const promoted = action === 'promote' ? oldest : versions.at(-1)!;
    expect(versions).toHaveLength(action === 'promote' ? 2 : 3);
    // No name was passed over, as one is that somebody else has taken.
    if (action === 'publish') expect(promoted).toBe(`${oldest}-3`);
    expect(await registry.history()).toEqual([promoted, current]);
  });
});
