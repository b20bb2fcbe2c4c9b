import { cellVariance, changeOf, Dispersion, tempered, type DayCounts } from '../../src/index.js';
import { chance } from '../chance.js';

/** Segments of one cell a day, whose days differ by this variance. */
function series(seed: string, variance: number, segments: number, days = 60): DayCounts[][] {
  const { poisson, factor } = chance(seed);
  return Array.from({ length: segments }, () =>
    Array.from({ length: days }, () => ({
      clicks: poisson(1000 * factor(variance)),
      ...{ expected: 1000, squares: 0 },
    })),
  );
}

test.each([0.0025, 0.04])('a variance of %p between days is measured from above', (variance) => {
  const days = series(`variance ${variance}`, variance, 20);
  const spread = new Dispersion(days, 0).spreadOf(days[0]);
  expect(spread.days / variance).toBeGreaterThan(0.7);
  expect(spread.days / variance).toBeLessThan(2.5);
});

test('of steady days next to none is left after two months, and all that is usual on the first', () => {
  const days = series('steady', 0, 20);
  expect(new Dispersion(days, 0).spreadOf(days[0]).days).toBeLessThan(0.001);
  const first = days.map((list) => list.slice(0, 1));
  expect(new Dispersion(first, 0.5).spreadOf(first[0])).toEqual({ cells: 0.5, days: 0.01 });
});

test('a wrong level and a jump are not taken for spread', () => {
  const days = series('jump', 0, 5).map((list) =>
    list.map((day, at) => ({ ...day, expected: day.expected * (at < 30 ? 2 : 1.6) })),
  );
  expect(new Dispersion(days, 0).spreadOf(days[0]).days).toBeLessThan(0.001);
});

test('segments that share their days are no more days than one of them', () => {
  const { poisson, factor } = chance('shared');
  const shared = Array.from({ length: 4 }, () => factor(0.01));
  const days = Array.from({ length: 200 }, () =>
    shared.map((f) => ({ clicks: poisson(1000 * f), expected: 1000, squares: 0 })),
  );
  // Three differences, seen two hundred times, do not rule out days that differ as usual.
  expect(new Dispersion(days, 0).spreadOf(days[0]).days).toBeGreaterThan(0.002);
});

test('a segment that runs every other day differs by what its own days show', () => {
  const [varying] = series('every other day', 0.04, 1, 14);
  const idle = { clicks: 0, expected: 0, squares: 0 };
  // A trickle of traffic, of which nothing can be told, is as good as none.
  const trickle = { clicks: 2, expected: 2, squares: 0 };
  const steady = series('steady others', 0, 12, 28);
  const spreadWith = (between: DayCounts[]): number => {
    const days = varying.flatMap((day) => [day, ...between]);
    return new Dispersion([...steady, days], 0).spreadOf(days).days;
  };
  expect(spreadWith([idle])).toBe(spreadWith([]));
  expect(spreadWith([trickle])).toBe(spreadWith([]));
  expect(spreadWith([idle])).toBeGreaterThan(0.01);
});

test('nothing is known of days without clicks', () => {
  const none = [0, 1, 2].map(() => ({ clicks: 0, expected: 100, squares: 0 }));
  expect(new Dispersion([none], 0).spreadOf(none).days).toBe(0.01);
  expect(tempered({ clicks: 0, expected: 0, squares: 0 }, { cells: 1, days: 1 })).toEqual({
    ...{ clicks: 0, expected: 0 },
  });
});

test.each([0, 0.04, 0.25])('a variance of %p between cells is measured', (variance) => {
  const { poisson, factor } = chance(`cells ${variance}`);
  const cells = Array.from({ length: 4000 }, (_, i) => {
    const expected = 1 + (i % 60);
    return { clicks: poisson(expected * factor(variance)), expected };
  });
  expect(Math.abs(cellVariance(cells) - variance)).toBeLessThan(0.15 * variance + 0.003);
});

test('a day counts by what its cells and itself differ', () => {
  const day = { clicks: 120, expected: 100, squares: 2000 };
  const worth = tempered(day, { cells: 0.05, days: 0.01 });
  expect(worth.clicks).toBeCloseTo(120 / (1 + 1 + 1), 12);
  expect(worth.expected).toBeCloseTo(100 / (1 + 1 + 1), 12);
});

test('days that differ raise false alarms unless they are tempered', () => {
  const alarms = [0, 0];
  for (let run = 0; run < 200; run++) {
    const [days] = series(`dispersed ${run}`, 0.0025, 1, 30);
    const seen = days.map((_, day) => days.slice(0, day + 1));
    const isAlarmed = (worth: (known: DayCounts[]) => Parameters<typeof changeOf>[0]): boolean =>
      seen.some((known) => changeOf(worth(known)).logE >= Math.log(20));
    alarms[0] += +isAlarmed((known) => known);
    alarms[1] += +isAlarmed((known) => {
      const spread = new Dispersion([known], 0).spreadOf(known);
      return known.map((day) => tempered(day, spread));
    });
  }
  expect(alarms[0]).toBeGreaterThan(40);
  expect(alarms[1]).toBeLessThanOrEqual(10);
});
