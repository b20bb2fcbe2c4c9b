import fc from 'fast-check';
import {
  ServiceStats,
  averageCtr,
  emptySnapshot,
  hitRate,
  latencyQuantile,
  mergeSnapshots,
  uptimeSeconds,
  type StatsSnapshot,
} from '../src/index.js';

const life = fc.record({
  startedAt: fc.nat(1e12),
  age: fc.nat(1e9),
  latencies: fc.array(fc.double({ min: 0, max: 1e7, noNaN: true }), { maxLength: 30 }),
  ctrs: fc.array(fc.integer({ min: 1, max: 10_000 }), { maxLength: 30 }),
  cache: fc.record({ hits: fc.nat(), misses: fc.nat(), size: fc.nat() }),
});

const snapshots = life.map(({ startedAt, age, latencies, ctrs, cache }): StatsSnapshot => {
  let time = startedAt;
  const stats = new ServiceStats(() => time);
  latencies.forEach((latency) => stats.countRequest(latency));
  ctrs.forEach((tenThousandths) => stats.countPrediction(tenThousandths / 10_000));
  time += age;
  return stats.snapshot(cache);
});

describe('mergeSnapshots', () => {
  it('is associative, exactly', () => {
    fc.assert(
      fc.property(snapshots, snapshots, snapshots, (a, b, c) => {
        expect(mergeSnapshots(mergeSnapshots(a, b), c)).toEqual(
          mergeSnapshots(a, mergeSnapshots(b, c)),
        );
      }),
    );
  });

  it('does not care about the order and ignores the empty snapshot', () => {
    fc.assert(
      fc.property(snapshots, snapshots, (a, b) => {
        expect(mergeSnapshots(a, b)).toEqual(mergeSnapshots(b, a));
        expect(mergeSnapshots(a, emptySnapshot)).toEqual(a);
      }),
    );
  });

  it('survives the way through JSON', () => {
    fc.assert(
      fc.property(snapshots, (snapshot) => {
        expect(JSON.parse(JSON.stringify(snapshot))).toEqual(snapshot);
      }),
    );
  });
});

describe('what a snapshot says', () => {
  const cache = { hits: 3, misses: 1, size: 2 };

  it('is what was counted', () => {
    let time = 10_000;
    const stats = new ServiceStats(() => time);
    for (const latency of [1, 1, 1, 100]) stats.countRequest(latency);
    for (const ctr of [0.0847, 0.0153, 0.05]) stats.countPrediction(ctr);
    time = 72_500;
    const snapshot = stats.snapshot(cache);
    expect(snapshot).toMatchObject({ requests: 4, predictions: 3, cache });
    expect(averageCtr(snapshot)).toBe(0.05);
    expect(hitRate(snapshot.cache)).toBe(0.75);
    expect(uptimeSeconds(snapshot)).toBe(62.5);
    expect(latencyQuantile(snapshot, 0.5)).toBeCloseTo(1, 1);
    expect(latencyQuantile(snapshot, 0.99) / 100).toBeCloseTo(1, 1);
  });

  it('sums small rates without rounding error', () => {
    const stats = new ServiceStats();
    for (let i = 0; i < 100_000; i++) stats.countPrediction(0.0001);
    expect(averageCtr(stats.snapshot(cache))).toBe(0.0001);
  });

  it('is frozen and does not change when counting goes on', () => {
    const stats = new ServiceStats();
    const before = stats.snapshot(cache);
    stats.countRequest(1);
    stats.countPrediction(0.1);
    expect(before).toMatchObject({ requests: 0, predictions: 0, latency: [] });
    expect(Object.isFrozen(before) && Object.isFrozen(before.cache)).toBe(true);
  });

  it('has no average before the first prediction and no hit rate before the first lookup', () => {
    expect(averageCtr(emptySnapshot)).toBeNull();
    expect(hitRate(emptySnapshot.cache)).toBe(0);
    expect(uptimeSeconds(emptySnapshot)).toBe(0);
  });
});
