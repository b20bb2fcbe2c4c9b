import { PredictionCache, cacheWorth, hashRow, medianMs, samplesOf } from '../src/index.js';
import { quantileCells, requests } from './campaigns.js';

/** A clock that costs 0.001 ms each time it is read, and moves when it is told to. */
function costlyClock() {
  const clock = { time: 0, read: () => (clock.time += 0.001) };
  return clock;
}

describe('the worth of a cache', () => {
  it('is what the hits would have cost to compute, against what it cost itself', () => {
    const clock = costlyClock();
    const sizeOf = () => {
      clock.time += 2; // what a store takes here
      return 1;
    };
    const now = () => (clock.time += 0.5); // what finding a value takes
    const options = { entries: 10, ttlMs: 1e9, sampleEvery: 1, stopwatch: clock.read, sizeOf, now };
    const cache = new PredictionCache<string>(options);
    const cells = cache.forModel('a');
    for (let i = 0; i < 4; i++) {
      if (cells.get(7) !== undefined) continue;
      clock.time += 10; // what the answer takes to compute
      cells.set(7, 'seven');
    }
    const snapshot = cache.snapshot();
    expect(samplesOf(snapshot.computeTime)).toBe(1);
    const worth = cacheWorth(snapshot);
    expect(worth.hitRate).toBe(0.75);
    // A tenth at most off, for the width of the buckets.
    expect(worth.savedMs! / (3 * 10)).toBeCloseTo(1, 1);
    // Four lookups, 0.5 in the middle; a store of 2, and 0.5 for the time it is to live.
    expect(worth.spentMs! / (4 * 0.5 + 2.5)).toBeCloseTo(1, 1);
  });

  it('leaves out what reading the clock takes', () => {
    let time = 0;
    const options = { entries: 10, ttlMs: 0, sampleEvery: 1, stopwatch: () => (time += 3) };
    const sizeOf = () => (time += 5) && 1;
    const cache = new PredictionCache<string>({ ...options, sizeOf });
    const cells = cache.forModel('a');
    cells.get(1);
    cells.set(1, 'one');
    expect(medianMs(cache.snapshot().storeTime)! / 5).toBeCloseTo(1, 1);
    cells.get(1);
    expect(samplesOf(cache.snapshot().lookupTime)).toBe(2);
    expect(Math.min(...cache.snapshot().lookupTime.map(([bucket]) => bucket))).toBe(0);
  });

  it('is not known before anything was timed', () => {
    const cache = new PredictionCache<string>({ entries: 10, ttlMs: 0, sampleEvery: 0 });
    cache.forModel('a').get(1);
    expect(cacheWorth(cache.snapshot())).toEqual({
      hitRate: 0,
      exactKeyHitRate: null,
      savedMs: null,
      spentMs: null,
    });
  });

  it('takes for a computation only what lies between a miss and its own answer', () => {
    const clock = costlyClock();
    const options = { entries: 10, ttlMs: 0, sampleEvery: 1, stopwatch: clock.read };
    const cache = new PredictionCache<string>(options);
    const cells = cache.forModel('a');
    cells.get(1);
    cells.set(2, 'another cell');
    cells.get(3);
    cells.get(1);
    cells.set(3, 'another lookup in between');
    expect(samplesOf(cache.snapshot().computeTime)).toBe(0);
    cells.get(4);
    cells.set(4, 'four');
    cells.set(4, 'set again');
    expect(samplesOf(cache.snapshot().computeTime)).toBe(1);
  });

  it('takes for none what has a lookup that is not timed in between', () => {
    const cache = new PredictionCache<string>({ entries: 100, ttlMs: 0, sampleEvery: 10 });
    const cells = cache.forModel('a');
    const samples = () => samplesOf(cache.snapshot().lookupTime);
    const known = 'known';
    cells.set(known, 'a hit is no miss to be timed');
    for (let cell = 1; cell <= 1000; cell++) {
      cells.get(cell);
      cells.get(known);
      cells.set(cell, 'late');
    }
    expect(samples()).toBeGreaterThan(100);
    expect(samplesOf(cache.snapshot().computeTime)).toBe(0);
  });

  it('times one miss in eight, however rare misses are among lookups', () => {
    const cache = new PredictionCache<string>({ entries: 10, ttlMs: 0 });
    const cells = cache.forModel('a');
    for (let i = 0; i < 8000; i++) {
      cells.get(i);
      cells.set(i, 'answer');
    }
    expect(samplesOf(cache.snapshot().computeTime) / 1000).toBeCloseTo(1, 0.5);
  });

  it('samples lookups alone: the clock is read for few of them', () => {
    const read = jest.fn(() => 0);
    const cache = new PredictionCache<string>({ entries: 10, ttlMs: 0, stopwatch: read });
    const cells = cache.forModel('a');
    cells.set(1, 'one');
    for (let i = 0; i < 100_000; i++) cells.get(1);
    const samples = samplesOf(cache.snapshot().lookupTime);
    expect(samples).toBeGreaterThan(300);
    expect(samples).toBeLessThan(500);
    expect(read).toHaveBeenCalledTimes(3 * samples);
  });
});

describe('on the traffic of the load scenarios', () => {
  const traffic = { seed: 42, campaigns: 2000, requestsPerStep: 3 };
  const served = 60_000;

  it('the cell key hits at least 95 in 100, an exact key 60 to 80, and both are known live', () => {
    const source = requests(traffic);
    const take = () => source.next().value as Float64Array;
    const cellOf = quantileCells(Array.from({ length: 20_000 }, () => take().slice()));
    const cache = new PredictionCache<number>({ entries: 100_000, ttlMs: 0 });
    const cells = cache.forModel('model');
    // A warm cache, as the scenarios make one before they count.
    for (let i = 0; i < 20_000; i++) {
      const cell = cellOf(take());
      cells.set(cell, cell);
    }
    const exact = new Set<string>();
    for (let i = 0; i < served; i++) {
      const row = take();
      const cell = cellOf(row);
      exact.add(row.join());
      if (cells.get(cell, hashRow(row)) === undefined) cells.set(cell, cell);
    }
    const { hitRate, exactKeyHitRate } = cacheWorth(cache.snapshot());
    const trueRate = 1 - exact.size / served;
    expect(trueRate).toBeGreaterThan(0.6);
    expect(trueRate).toBeLessThan(0.8);
    expect(Math.abs(exactKeyHitRate! - trueRate)).toBeLessThan(0.03);
    expect(hitRate).toBeGreaterThanOrEqual(0.95);
  });

  it('requests to another model are other requests', () => {
    const cache = new PredictionCache<number>({ entries: 10, ttlMs: 0 });
    const row = Float64Array.of(5000, 1, 0, 2500);
    cache.forModel('a').get(1, hashRow(row));
    cache.forModel('b').get(1, hashRow(row));
    cache.forModel('b').get(1, hashRow(row));
    expect(cacheWorth(cache.snapshot()).exactKeyHitRate).toBeCloseTo(1 / 3, 12);
  });
});
