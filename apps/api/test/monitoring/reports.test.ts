import type { Made, ReportOptions } from '../../src/monitoring/report.js';
import { type ReportMaker, Reports } from '../../src/monitoring/reports.js';

const question: ReportOptions = {
  ...{ from: '2026-02-01', to: '2026-03-01', young: 'correct', alpha: 0.05, prices: {} },
};
const another = (day: number): ReportOptions => ({ ...question, from: `2026-02-0${day}` });

let now: number;
let revision: string;
/** Reports that are being made: each is ended by hand. */
let making: (() => void)[];
let made: number;
let reports: Reports;

const maker = {
  make: (_kind: string, options: ReportOptions) =>
    new Promise((resolve) => {
      making.push(() => {
        const known = { options, revision, took_ms: 200, made_at: '', report: {} };
        made++;
        resolve(known as never);
      });
    }),
  revision: async () => revision,
} as ReportMaker;

/** Lets whoever waits go on. */
const settle = () => new Promise((resolve) => setImmediate(resolve));
const finish = async () => {
  await settle();
  making.shift()!();
  await settle();
};

beforeEach(() => {
  [now, revision, making, made] = [0, 'first', [], 0];
  reports = new Reports(maker, () => now);
});

const get = (options = question) => reports.get('monitoring', options);

describe('reports', () => {
  it('are made once for all who ask the same at the same time', async () => {
    const all = [get(), get(), get()];
    await finish();
    expect(new Set(await Promise.all(all)).size).toBe(1);
    expect([made, making.length]).toEqual([1, 0]);
  });

  it('are given again while no outcomes have come', async () => {
    const first = get();
    await finish();
    now += 1e6;
    expect(await get()).toBe(await first);
    expect(made).toBe(1);
  });

  it('are made anew when outcomes have come, but not sooner than after ten times what they took', async () => {
    const first = get();
    await finish();
    revision = 'second';
    now += 1999;
    expect(await get()).toBe(await first);
    now += 2;
    const second = get();
    await finish();
    expect((await second).revision).toBe('second');
  });

  it('are made one at a time', async () => {
    const all = [get(another(1)), get(another(2)), get(another(3))];
    for (let left = 3; left > 0; left--) {
      await settle();
      expect(making).toHaveLength(1);
      await finish();
    }
    expect((await Promise.all(all)).map(({ options }) => options.from)).toEqual(
      [1, 2, 3].map((day) => `2026-02-0${day}`),
    );
  });

  it('are refused when too many different ones wait, and not for long', async () => {
    const all = [1, 2, 3, 4, 5, 6, 7, 8].map((day) => get(another(day)));
    await expect(get(another(9))).rejects.toMatchObject({ code: 'OVERLOADED' });
    for (let left = 8; left > 0; left--) await finish();
    await Promise.all(all);
    const ninth = get(another(9));
    await finish();
    await expect(ninth).resolves.toMatchObject({ revision: 'first' });
  });

  it('go on after one that failed, which is not kept', async () => {
    const failing = new Reports({
      ...maker,
      make: () => Promise.reject(new Error('no database')),
    });
    const ask = () => failing.get('monitoring', question);
    await expect(ask()).rejects.toThrow('no database');
    await expect(ask()).rejects.toThrow('no database');
  });

  it('may come from another process', async () => {
    const given = { options: question, revision, took_ms: 1 } as Made;
    reports.put('monitoring', given);
    expect(await get()).toBe(given);
    revision = 'second';
    const own = get();
    await finish();
    expect(await own).not.toBe(given);
  });
});
