import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, symlink, utimes, writeFile } from 'node:fs/promises';
import { clearAbandoned, thisOwner, type Owner } from '../../src/cli/owner.js';
import { makeTemporaryFolder } from '../../src/cli/temporary.js';
import { testFolder } from '../reading.js';
import { adscale, makePipe, opened } from '../run.js';

const at = testFolder();

const now = Date.parse('2026-07-10T12:00:00Z');
const hours = (count: number): number => count * 3_600_000;

/** A temporary folder, last written to some hours ago, that belongs to somebody. */
async function left(
  name: string,
  age: number,
  owner?: Partial<Owner> | string,
  parent = '.',
): Promise<string> {
  const folder = at(`${parent}/${name}`);
  await mkdir(`${folder}/spill`, { recursive: true });
  await writeFile(`${folder}/spill/part`, 'x');
  if (owner !== undefined) {
    const text = typeof owner === 'string' ? owner : JSON.stringify({ ...thisOwner(), ...owner });
    await writeFile(`${folder}/owner.json`, text);
  }
  const written = new Date(now - hours(age));
  for (const path of [...(await readdir(folder, { recursive: true })), '.']) {
    await utimes(`${folder}/${path}`, written, written);
  }
  return folder;
}

/** The number of a process that has ended. */
async function deadProcess(): Promise<number> {
  const child = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
  await once(child, 'exit');
  return child.pid!;
}

const clear = (): Promise<void> => clearAbandoned(at('.'), 'adscale-', now);

describe('a temporary folder', () => {
  it('of a process that is dead is removed at once', async () => {
    const folder = await left('adscale-dead', 0, { pid: await deadProcess() });
    await clear();
    expect(existsSync(folder)).toBe(false);
  });

  it('of a process whose number another one has now is removed', async () => {
    const folder = await left('adscale-again', 0, { pid: process.pid, started: '1' });
    await clear();
    expect(existsSync(folder)).toBe(false);
  });

  it.each([0, 1000])('of a living process is kept, even after %s hours', async (age) => {
    const folder = await left('adscale-alive', age, {});
    await clear();
    expect(existsSync(`${folder}/spill/part`)).toBe(true);
  });

  it.each<[string, Partial<Owner> | string | undefined]>([
    ['of another machine, or of processes that are not seen', { place: 'elsewhere', pid: 1 }],
    ['that names nobody', undefined],
    ['whose owner cannot be read', '{"pid":'],
    ['whose owner is no process', { pid: -1 }],
  ])('%s is removed after a day without a change', async (_, owner) => {
    const young = await left('adscale-young', 23, owner);
    const old = await left('adscale-old', 25, owner);
    await clear();
    expect([existsSync(young), existsSync(old)]).toEqual([true, false]);
  });

  it('that was written to within a day is kept, however old it is itself', async () => {
    const folder = await left('adscale-busy', 50, { place: 'elsewhere' });
    const lately = new Date(now - hours(2));
    await utimes(`${folder}/spill/part`, lately, lately);
    await clear();
    expect(existsSync(folder)).toBe(true);
  });

  it('of another name, or behind a link, is kept', async () => {
    const other = await left('trainer-dead', 50, { pid: await deadProcess() });
    const target = await left('adscale-target', 50, { pid: await deadProcess() }, 'elsewhere');
    await symlink(target, at('adscale-link'));
    await clear();
    expect([existsSync(other), existsSync(`${target}/spill/part`)]).toEqual([true, true]);
  });

  it('is marked as its process’s when it is made, and the next one made clears dead ones', async () => {
    const dead = await left('adscale-dead', 0, { pid: await deadProcess() });
    const folder = await makeTemporaryFolder(at('.'));
    expect(JSON.parse(await readFile(`${folder}/owner.json`, 'utf8'))).toEqual(thisOwner());
    expect(existsSync(dead)).toBe(false);
    const next = await makeTemporaryFolder(at('.'));
    expect(existsSync(folder)).toBe(true);
    expect(next).not.toBe(folder);
  });

  it('in a place that is not there is no reason to fail before it is made', async () => {
    await expect(clearAbandoned(at('nowhere'), 'adscale-', now)).resolves.toBeUndefined();
  });
});

it('a run that is killed with all its processes leaves a folder, which the next run clears', async () => {
  makePipe(at('pipe'));
  await mkdir(at('temp'));
  const args = ['inspect', at('pipe'), '--temp', at('temp'), '-o', at('a.yaml')];
  let owner = 0;
  await adscale(args, (child) => {
    void opened(at('pipe'))(child).then(async () => {
      const [folder] = await readdir(at('temp'));
      const text = await readFile(at(`temp/${folder}/owner.json`), 'utf8');
      owner = (JSON.parse(text) as Owner).pid;
      // Neither may clear up after the other.
      process.kill(owner, 'SIGSTOP');
      child.kill('SIGKILL');
      process.kill(owner, 'SIGKILL');
    });
  });
  expect(owner).toBeGreaterThan(0);
  expect(await readdir(at('temp'))).toHaveLength(1);
  await writeFile(at('ads.csv'), 'Campaign,Impressions,Clicks\nMill,500,5\nPier,700,9\n');
  const { status } = await adscale(['inspect', at('ads.csv'), '--temp', at('temp')]);
  expect(status).toBe(0);
  expect(await readdir(at('temp'))).toEqual([]);
});
