import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { exclusively } from '../../src/registry/lock.js';

let folder: string;
const lock = (): string => join(folder, 'lock');

beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'lock-'))));
afterEach(() => rm(folder, { recursive: true }));

/** A process number that no process has. */
const NOBODY = 2 ** 22 + 1;

/** Runs that take their turns, and the most that ran at a time. */
async function takeTurns(runs: number): Promise<{ done: number; together: number }> {
  let [running, together, done] = [0, 0, 0];
  const work = async (): Promise<void> => {
    together = Math.max(together, ++running);
    await new Promise(setImmediate);
    running--;
    done++;
  };
  await Promise.all(Array.from({ length: runs }, () => exclusively(folder, work)));
  return { done, together };
}

describe('the lock of a registry', () => {
  it('lets one at a time, and leaves nothing behind', async () => {
    expect(await takeTurns(20)).toEqual({ done: 20, together: 1 });
    expect(await readdir(folder)).toEqual([]);
  });

  it('is given back when the work fails', async () => {
    const failing = exclusively(folder, () => Promise.reject(new Error('no')));
    await expect(failing).rejects.toThrow('no');
    expect(await readdir(folder)).toEqual([]);
  });

  it.each([
    ['of a process that is gone', { host: hostname(), pid: NOBODY }, 0],
    ['of another machine that is old', { host: 'elsewhere', pid: 1 }, 60],
    ['of a process number that has been given away', { host: hostname(), pid: process.pid }, 60],
    ['without a text, that is old', '', 60],
  ])('%s is taken over, by one at a time', async (_, owner, secondsOld) => {
    // Over and over: that two remove one after another is a matter of microseconds.
    for (let round = 0; round < 60; round++) {
      await writeFile(lock(), owner === '' ? '' : JSON.stringify(owner));
      const then = Date.now() / 1000 - secondsOld;
      await utimes(lock(), then, then);
      expect(await takeTurns(8)).toEqual({ done: 8, together: 1 });
      expect(await readdir(folder)).toEqual([]);
    }
  });

  it('is taken over even if one that was taking it over was killed', async () => {
    const gone = { host: hostname(), pid: NOBODY };
    await writeFile(lock(), JSON.stringify(gone));
    await writeFile(`${lock()}.break`, JSON.stringify({ ...gone, pid: NOBODY + 1 }));
    expect(await takeTurns(12)).toEqual({ done: 12, together: 1 });
    expect(await readdir(folder)).toEqual([]);
  });

  it.each([
    ['a process that lives', { host: hostname(), pid: process.pid }],
    ['another machine', { host: 'elsewhere', pid: NOBODY }],
    ['nobody can tell whom', {}],
  ])('of %s is waited for', async (_, owner) => {
    await writeFile(lock(), JSON.stringify(owner));
    let done = false;
    const waiting = exclusively(folder, () => Promise.resolve((done = true)));
    await expect(exclusively(folder, () => Promise.resolve(), 20)).rejects.toMatchObject({
      code: 'REGISTRY_BUSY',
    });
    expect(done).toBe(false);
    await rm(lock());
    await waiting;
    expect(done).toBe(true);
  });

  it('says whom it waited for', async () => {
    await writeFile(lock(), JSON.stringify({ host: 'elsewhere', pid: 77 }));
    await expect(exclusively(folder, () => Promise.resolve(), 0)).rejects.toThrow(
      /lock is held by process 77 on elsewhere; try again when it is done$/,
    );
  });
});
