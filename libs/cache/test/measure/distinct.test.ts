import fc from 'fast-check';
import { hashRow, mix } from '../../src/keys/hash.js';
import {
  distinctRequests,
  DistinctSketch,
  emptyDistinct,
  exactKeyHitRate,
  mergeDistinct,
  SKETCH_SIZE,
} from '../../src/measure/distinct.js';
import { requests } from '../campaigns.js';

/** The sketch of `count` hashes that are all different, for `mix` is one to one. */
function sketchOf(count: number, from = 0): DistinctSketch {
  const sketch = new DistinctSketch();
  for (let i = 0; i < count; i++) sketch.count(mix(from + i));
  return sketch;
}

const hashes = fc.array(
  fc.nat(20_000).map((number) => mix(number)),
  { maxLength: 6000, size: 'max' },
);

function snapshotOf(list: number[]) {
  const sketch = new DistinctSketch();
  for (const hash of list) sketch.count(hash);
  return sketch.snapshot();
}

describe('the sketch of distinct requests', () => {
  it('counts few requests exactly', () => {
    const sketch = sketchOf(1000);
    for (let i = 0; i < 500; i++) sketch.count(mix(i));
    expect(distinctRequests(sketch.snapshot())).toBe(1000);
    expect(exactKeyHitRate(sketch.snapshot())).toBeCloseTo(1 / 3, 12);
  });

  it('knows no rate before the first request', () => {
    expect(exactKeyHitRate(new DistinctSketch().snapshot())).toBeNull();
    expect(new DistinctSketch().snapshot()).toEqual(emptyDistinct);
  });

  it('holds exactly the smallest different hashes, whatever the order and how often they came', () => {
    fc.assert(
      fc.property(hashes, (list) => {
        const smallest = [...new Set(list.map((hash) => hash >>> 0))]
          .sort((a, b) => a - b)
          .slice(0, SKETCH_SIZE);
        expect(snapshotOf(list)).toEqual({ requests: list.length, smallest });
      }),
      { numRuns: 50 },
    );
  });

  it('merges into the sketch of all requests, in any order and grouping', () => {
    fc.assert(
      fc.property(hashes, hashes, hashes, (a, b, c) => {
        const [left, middle, right] = [a, b, c].map(snapshotOf) as [never, never, never];
        const all = snapshotOf([...a, ...b, ...c]);
        expect(mergeDistinct(mergeDistinct(left, middle), right)).toEqual(all);
        expect(mergeDistinct(left, mergeDistinct(middle, right))).toEqual(all);
        expect(mergeDistinct(middle, left)).toEqual(mergeDistinct(left, middle));
        expect(mergeDistinct(left, emptyDistinct)).toEqual(left);
      }),
      { numRuns: 30 },
    );
  });

  it('estimates many without bias and within what its size promises', () => {
    const count = 100_000;
    const errors = Array.from({ length: 40 }, (_, i) => {
      const { smallest } = sketchOf(count, i * count).snapshot();
      return distinctRequests({ requests: count * 10, smallest }) / count - 1;
    });
    const mean = errors.reduce((sum, error) => sum + error, 0) / errors.length;
    const spread = Math.sqrt(errors.reduce((sum, e) => sum + e * e, 0) / errors.length);
    const promised = 1 / Math.sqrt(SKETCH_SIZE - 2);
    // Four standard errors of a mean of 40; the spread of 40 is known within a third.
    expect(Math.abs(mean)).toBeLessThan((4 * promised) / Math.sqrt(40));
    expect(spread).toBeGreaterThan(0.6 * promised);
    expect(spread).toBeLessThan(1.5 * promised);
  });

  it('allows for hashes that fall together: so many requests that half the hashes are taken', () => {
    // All even hashes: as dense as 2^32 · ln 2 random ones leave them.
    const smallest = Array.from({ length: SKETCH_SIZE }, (_, i) => 2 * i);
    const estimate = distinctRequests({ requests: 1e12, smallest });
    expect(estimate / (2 ** 32 * Math.LN2)).toBeCloseTo(1, 2);
  });

  it('agrees with the true exact-key hit rate on campaign traffic', () => {
    const traffic = fc.record({
      seed: fc.nat(),
      campaigns: fc.integer({ min: 10, max: 3000 }),
      requestsPerStep: fc.integer({ min: 1, max: 8 }),
    });
    fc.assert(
      fc.property(traffic, (options) => {
        const count = 30_000;
        const sketch = new DistinctSketch();
        const exact = new Set<string>();
        const source = requests(options);
        for (let i = 0; i < count; i++) {
          const row = source.next().value as Float64Array;
          exact.add(row.join());
          sketch.count(hashRow(row));
        }
        const misses = exact.size / count;
        const estimate = exactKeyHitRate(sketch.snapshot())!;
        // Five standard errors of the misses: 2.2 % each.
        expect(Math.abs(estimate - (1 - misses))).toBeLessThan(0.11 * misses);
      }),
      { numRuns: 15 },
    );
  });
});
