import fc from 'fast-check';
import { changeBetween, shrunkFactors } from '../../src/index.js';

const counts = fc.dictionary(
  fc.constantFrom('a', 'b', 'c', 'd', 'e'),
  fc
    .record({
      impressions: fc.integer({ min: 0, max: 1e6 }),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
    })
    .map(({ impressions, share }) => ({ impressions, clicks: Math.floor(impressions * share) })),
);
const mapOf = (counted: Record<string, { impressions: number; clicks: number }>) =>
  new Map(Object.entries(counted));

test('mix and rate add up to the change, and volume, mix and rate to that of clicks', () => {
  fc.assert(
    fc.property(counts, counts, (before, after) => {
      const change = changeBetween(mapOf(before), mapOf(after));
      if (change === null) return;
      expect(change.mix + change.rate).toBeCloseTo(change.change, 12);
      const parts = change.parts.reduce((sum, { mix, rate }) => sum + mix + rate, 0);
      expect(parts).toBeCloseTo(change.change, 12);
      const { volume, mix, rate, change: clicks } = change.clicks;
      const scale = Math.max(1, Math.abs(volume), Math.abs(mix), Math.abs(rate));
      expect((volume + mix + rate - clicks) / scale).toBeCloseTo(0, 10);
    }),
  );
});

test('weeks that are swapped change by as much the other way', () => {
  fc.assert(
    fc.property(counts, counts, (before, after) => {
      const [there, back] = [
        changeBetween(mapOf(before), mapOf(after)),
        changeBetween(mapOf(after), mapOf(before)),
      ];
      if (there === null || back === null) return;
      expect(there.mix).toBeCloseTo(-back.mix, 12);
      expect(there.rate).toBeCloseTo(-back.rate, 12);
    }),
  );
});

test('shares that move are mix, rates that move are rate', () => {
  const was = { a: { impressions: 100, clicks: 10 }, b: { impressions: 100, clicks: 2 } };
  const moved = { a: { impressions: 50, clicks: 5 }, b: { impressions: 150, clicks: 3 } };
  expect(changeBetween(mapOf(was), mapOf(moved))).toMatchObject({ rate: 0, change: 0.04 - 0.06 });
  const worse = { a: { impressions: 100, clicks: 5 }, b: { impressions: 100, clicks: 2 } };
  const change = changeBetween(mapOf(was), mapOf(worse))!;
  expect(change.mix).toBe(0);
  expect(change.parts[0]).toMatchObject({ value: 'a', mix: 0, rate: -0.025 });
});

test('a value that is new is all mix, and a period without impressions is no change', () => {
  const was = { a: { impressions: 100, clicks: 10 } };
  const now = { a: { impressions: 100, clicks: 10 }, b: { impressions: 100, clicks: 0 } };
  const change = changeBetween(mapOf(was), mapOf(now))!;
  expect(change.rate).toBe(0);
  expect(change.mix).toBeCloseTo(-0.05, 12);
  expect(change.parts.find(({ value }) => value === 'b')!.ctr_before).toBeNull();
  expect(changeBetween(mapOf({}), mapOf(now))).toBeNull();
});

test('three impressions do not win: a factor is pulled to that of all by how little is known', () => {
  const groups = [
    { clicks: 1, expected: 0.05 },
    { clicks: 1300, expected: 1000 },
    { clicks: 700, expected: 1000 },
    { clicks: 1000, expected: 1000 },
    { clicks: 0, expected: 0 },
  ];
  const [few, high, low, , none] = shrunkFactors(groups).factors;
  expect(few).toBeLessThan(high);
  expect(high).toBeGreaterThan(1.25);
  expect(low).toBeLessThan(0.75);
  expect(none).toBeCloseTo(1, 12);
});

test('groups that differ by chance alone are all the same', () => {
  const groups = [98, 101, 103, 99, 100].map((clicks) => ({ clicks, expected: 100 }));
  for (const factor of shrunkFactors(groups).factors) expect(factor).toBeCloseTo(501 / 500, 12);
  expect(shrunkFactors([])).toEqual({ factors: [], mean: 1 });
});
