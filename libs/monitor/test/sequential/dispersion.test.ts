import { changeOf, dayVariance, pulled, tempered, type Evidence } from '../../src/index.js';
import { chance } from '../chance.js';

function series(seed: string, variance: number, segments: number): Evidence[][] {
  const { poisson, factor } = chance(seed);
  return Array.from({ length: segments }, () =>
    Array.from({ length: 60 }, () => ({
      clicks: poisson(1000 * factor(variance)),
      expected: 1000,
    })),
  );
}

test.each([0, 0.0025, 0.04])('a variance of %p between days is measured', (variance) => {
  const found = dayVariance(series(`variance ${variance}`, variance, 20));
  expect(found.pairs).toBe(20 * 59);
  expect(Math.abs(found.variance - variance)).toBeLessThan(0.12 * variance + 0.0002);
});

test('a wrong level and a jump are not taken for variance', () => {
  const days = series('jump', 0, 5).map((list) =>
    list.map(({ clicks, expected }, day) => ({
      clicks,
      expected: expected * (day < 30 ? 2 : 1.6),
    })),
  );
  expect(dayVariance(days).variance).toBeLessThan(0.001);
});

test('nothing is known of no days, nor of days without clicks', () => {
  expect(dayVariance([])).toEqual({ variance: 0, pairs: 0 });
  const none = [0, 1, 2].map(() => ({ clicks: 0, expected: 100 }));
  expect(dayVariance([none]).pairs).toBe(0);
});

test('what little is known of a segment is pulled to all', () => {
  expect(pulled({ variance: 0.3, pairs: 0 }, { variance: 0.1, pairs: 9 })).toBeCloseTo(0.1, 12);
  expect(pulled({ variance: 0.3, pairs: 20 }, { variance: 0.1, pairs: 9 })).toBeCloseTo(0.2, 12);
});

test('days that differ raise false alarms unless they are tempered', () => {
  const alarms = [0, 0];
  for (let run = 0; run < 200; run++) {
    const [days] = series(`dispersed ${run}`, 0.0025, 1);
    const { variance } = dayVariance([days]);
    const looks = [days, days.map((day) => tempered(day, variance))];
    looks.forEach((seen, way) => {
      const isAlarmed = seen.some(
        (_, day) => changeOf(seen.slice(0, day + 1)).logE >= Math.log(20),
      );
      alarms[way] += +isAlarmed;
    });
  }
  expect(alarms[0]).toBeGreaterThan(40);
  expect(alarms[1]).toBeLessThanOrEqual(10);
});
