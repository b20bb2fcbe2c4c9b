import { duration, repeat } from '../../src/retrain/schedule.js';

/** Runs that take so long each; returns when each began and how long was slept. */
async function run(every: number, lasts: readonly number[]) {
  const stop = new AbortController();
  let now = 0;
  const began: number[] = [];
  const slept: number[] = [];
  const work = (): Promise<void> => {
    began.push(now);
    now += lasts[began.length - 1];
    if (began.length === lasts.length) stop.abort(new Error('stopped'));
    return Promise.resolve();
  };
  const clock = {
    now: () => now,
    sleep: (ms: number) => {
      slept.push(ms);
      now += ms;
      return Promise.resolve();
    },
  };
  await expect(repeat(every, work, stop.signal, clock)).rejects.toThrow('stopped');
  return { began, slept };
}

describe('runs at intervals', () => {
  it('begin so far apart, at once after one that took longer, and none is made up for', async () => {
    const { began, slept } = await run(100, [30, 250, 10, 5]);
    expect(began).toEqual([0, 100, 350, 450]);
    expect(slept).toEqual([70, 0, 90, 95]);
  });

  it('end when a run fails', async () => {
    const fail = (): Promise<void> => Promise.reject(new Error('no'));
    await expect(repeat(1, fail, new AbortController().signal)).rejects.toThrow('no');
  });

  it.each([
    ['90s', 90_000],
    ['30m', 1_800_000],
    ['12h', 43_200_000],
    ['1d', 86_400_000],
  ])('%s is a duration', (text, wanted) => expect(duration(text)).toBe(wanted));

  it.each(['', '0d', '1', 'd', '1.5h', '1w', '-1d'])('"%s" is none', (text) => {
    expect(() => duration(text)).toThrow(/wanted a duration/);
  });
});
