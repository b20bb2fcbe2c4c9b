import { statSync } from 'node:fs';
import { mkdtemp, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { alone, exclusively, type Clock, type LockOptions } from '../../src/registry/lock.js';
import { isAlive, self } from '../../src/registry/owner.js';

let folder: string;
const lock = (): string => join(folder, 'lock');

beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'lock-'))));
afterEach(() => rm(folder, { recursive: true }));

/** A process number that no process has. */
const NOBODY = 2 ** 22 + 1;
const [realm, , start] = self.split('.');
/** The first process of a container. */
const elsewhere = 'feedfacecafe.1.7';
const gone = `${realm}.${NOBODY}.${start}`;

/** A clock on which time passes only when somebody sleeps: ten times as much as was asked for. */
class TestClock implements Clock {
  time = 0;
  readonly beats: (() => Promise<void>)[] = [];

  constructor(private readonly onSleep: () => Promise<unknown> = () => Promise.resolve()) {}

  now(): number {
    return this.time;
  }

  async sleep(ms: number): Promise<void> {
    this.time += 10 * ms;
    await this.onSleep();
  }

  every(_ms: number, work: () => Promise<void>): () => void {
    this.beats.push(work);
    return () => {};
  }
}

/** Runs that take their turns, and the most that ran at a time. */
async function takeTurns(
  runs: number,
  options?: LockOptions,
): Promise<{ done: number; together: number }> {
  let [running, together, done] = [0, 0, 0];
  const work = async (): Promise<void> => {
    together = Math.max(together, ++running);
    await new Promise(setImmediate);
    running--;
    done++;
  };
  await Promise.all(Array.from({ length: runs }, () => exclusively(folder, work, options)));
  return { done, together };
}

const nothing = (): Promise<void> => Promise.resolve();

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
    ['a process that is gone', gone],
    ['a process whose number another one has by now', `${realm}.${process.pid}.1`],
  ])('of %s is taken over at once, by one at a time', async (_, owner) => {
    await writeFile(lock(), JSON.stringify({ owner }));
    const clock = new TestClock();
    expect(await takeTurns(1, { clock })).toEqual({ done: 1, together: 1 });
    expect(clock.now()).toBe(0);
    // Over and over: that two remove one after another is a matter of microseconds.
    for (let round = 0; round < 40; round++) {
      await writeFile(lock(), JSON.stringify({ owner }));
      expect(await takeTurns(8)).toEqual({ done: 8, together: 1 });
      expect(await readdir(folder)).toEqual([]);
    }
  });

  it.each([
    ['another machine', JSON.stringify({ owner: elsewhere })],
    ['this process, which has forgotten it', JSON.stringify({ owner: self })],
    ['an earlier release', JSON.stringify({ host: hostname(), pid: NOBODY })],
    ['nobody, for a power cut took its text', ''],
  ])('of %s is taken over when it was silent for twenty seconds', async (_, text) => {
    for (let round = 0; round < 10; round++) {
      await writeFile(lock(), text);
      // Whenever the files say that it was written: clocks of two machines differ.
      await utimes(lock(), 1, 1);
      const clock = new TestClock();
      await expect(exclusively(folder, nothing, { clock, wait: 19_000 })).rejects.toThrow(/held/);
      const patient = { clock: new TestClock(), wait: Infinity };
      expect(await takeTurns(8, patient)).toEqual({ done: 8, together: 1 });
      expect(await readdir(folder)).toEqual([]);
    }
  });

  it('of another machine stays with it as long as it gives signs of life', async () => {
    await writeFile(lock(), JSON.stringify({ owner: elsewhere }));
    let beat = 1;
    const clock = new TestClock(() => utimes(lock(), beat, beat++));
    const waiting = exclusively(folder, nothing, { clock, wait: 300_000 });
    await expect(waiting).rejects.toMatchObject({ code: 'REGISTRY_BUSY' });
    expect(await readdir(folder)).toEqual(['lock']);
  });

  it('gives signs of life while it is held, and only by its own file', async () => {
    const clock = new TestClock();
    await exclusively(
      folder,
      async () => {
        expect(clock.beats).toHaveLength(1);
        await utimes(lock(), 1, 1);
        await clock.beats[0]();
        expect((await stat(lock())).mtimeMs).toBeGreaterThan(1000);
        // Somebody who took it for dead has it now.
        await rm(lock());
        await writeFile(lock(), JSON.stringify({ owner: elsewhere }));
        await utimes(lock(), 1, 1);
        await clock.beats[0]();
        expect((await stat(lock())).mtimeMs).toBe(1000);
      },
      { clock },
    );
    expect(await readdir(folder)).toEqual(['lock']);
  });

  it('is not taken from one that has only just got it, however long that one waited', async () => {
    await writeFile(lock(), JSON.stringify({ owner: elsewhere }));
    let finish = (): void => {};
    const finished = new Promise<void>((resolve) => (finish = resolve));
    const aged = new Promise<void>((resolve) => {
      const clock = new TestClock(async () => {
        const [scratch] = (await readdir(folder)).filter((name) => name.startsWith('.lock-'));
        await utimes(join(folder, scratch), 1, 1);
        await rm(lock());
      });
      const work = (): Promise<void> => (resolve(), finished);
      void exclusively(folder, work, { clock }).then(finish);
    });
    await aged;
    expect((await stat(lock())).mtimeMs).toBeGreaterThan(1000);
    await expect(exclusively(folder, nothing, { wait: 0 })).rejects.toMatchObject({
      code: 'REGISTRY_BUSY',
    });
    finish();
    expect(await takeTurns(2)).toEqual({ done: 2, together: 1 });
  });

  it('is taken over even if one that was taking it over was killed', async () => {
    await writeFile(lock(), JSON.stringify({ owner: gone }));
    await writeFile(`${lock()}.break`, JSON.stringify({ owner: gone, pid: NOBODY }));
    expect(await takeTurns(12)).toEqual({ done: 12, together: 1 });
    expect(await readdir(folder)).toEqual([]);
    // And where only silence tells, within the time that a change waits.
    for (const name of [lock(), `${lock()}.break`]) await writeFile(name, '');
    expect(await takeTurns(1, { clock: new TestClock() })).toEqual({ done: 1, together: 1 });
    expect(await readdir(folder)).toEqual([]);
  });

  it.each([
    ['a process that lives', { owner: self }],
    ['a container of the same host name', { owner: elsewhere, host: hostname(), pid: NOBODY }],
    ['nobody can tell whom', {}],
  ])('of %s is waited for', async (_, owner) => {
    await writeFile(lock(), JSON.stringify(owner));
    let done = false;
    const waiting = exclusively(folder, () => Promise.resolve((done = true)));
    await expect(exclusively(folder, nothing, { wait: 0 })).rejects.toMatchObject({
      code: 'REGISTRY_BUSY',
    });
    expect(done).toBe(false);
    await rm(lock());
    await waiting;
    expect(done).toBe(true);
  });

  it('is no longer waited for by whoever is told to stop', async () => {
    await writeFile(lock(), JSON.stringify({ owner: self }));
    const stop = new AbortController();
    const clock = new TestClock(() => Promise.resolve(stop.abort(new Error('stopped'))));
    const waiting = exclusively(folder, nothing, { clock, signal: stop.signal });
    await expect(waiting).rejects.toThrow('stopped');
    expect(await readdir(folder)).toEqual(['lock']);
  });

  it('says whom it waited for', async () => {
    await writeFile(lock(), JSON.stringify({ owner: 'x.77.1', host: 'elsewhere', pid: 77 }));
    await expect(exclusively(folder, nothing, { wait: 0 })).rejects.toThrow(
      /lock is held by process 77 on elsewhere; try again when it is done$/,
    );
  });
});

describe('the lock of a retraining', () => {
  const path = (): string => join(folder, 'retrain.lock');
  const retrain = (options?: LockOptions): Promise<void> =>
    alone(folder, 'retrain.lock', nothing, options);

  it('is not waited for where its holder lives, however silent that one is', async () => {
    await writeFile(path(), JSON.stringify({ owner: self, host: 'here', pid: 7 }));
    await utimes(path(), 1, 1);
    const clock = new TestClock();
    await expect(retrain({ clock })).rejects.toMatchObject({
      code: 'RETRAIN_UNDER_WAY',
      message: expect.stringMatching(/retrain\.lock is held by process 7 on here/),
    });
    expect(clock.now()).toBe(0);
  });

  it('is taken over at once from a process that is gone', async () => {
    await writeFile(path(), JSON.stringify({ owner: gone }));
    const clock = new TestClock();
    await retrain({ clock });
    expect([clock.now(), await readdir(folder)]).toEqual([0, []]);
  });

  it('of another machine is taken over after silence, and refused after a sign of life', async () => {
    await writeFile(path(), JSON.stringify({ owner: elsewhere }));
    let beat = 1;
    const lively = new TestClock(() => utimes(path(), beat, beat++));
    await expect(retrain({ clock: lively })).rejects.toMatchObject({ code: 'RETRAIN_UNDER_WAY' });
    await retrain({ clock: new TestClock() });
    expect(await readdir(folder)).toEqual([]);
  });

  it('gives signs of life while a calculation keeps the process busy', async () => {
    const work = (): Promise<void> => {
      const before = statSync(path()).mtimeMs;
      const beats = (): boolean => statSync(path()).mtimeMs !== before;
      // A calculation: no turn of the event loop ends in here. Without any beat it gives up.
      const end = performance.now() + 30_000;
      while (!beats() && performance.now() < end);
      expect(beats()).toBe(true);
      return Promise.resolve();
    };
    await alone(folder, 'retrain.lock', work, { beat: 5 });
    expect(await readdir(folder)).toEqual([]);
  });

  it('does not keep anybody from changing the registry', async () => {
    await alone(folder, 'retrain.lock', () => exclusively(folder, nothing));
    expect(await readdir(folder)).toEqual([]);
  });
});

describe('the owner of a lock', () => {
  it('is known to live or not by its own machine and container, and by no other', async () => {
    expect(await isAlive(self)).toBe(true);
    expect(await isAlive(gone)).toBe(false);
    expect(await isAlive(`${realm}.${process.pid}.1`)).toBe(false);
    expect(await isAlive(`feedfacecafe.${process.pid}.${start}`)).toBeUndefined();
    expect(await isAlive(`.${process.pid}.`)).toBeUndefined();
    expect(await isAlive('')).toBeUndefined();
  });
});
