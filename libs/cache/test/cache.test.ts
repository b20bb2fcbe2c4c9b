import fc from 'fast-check';
import { coarseClock } from '../src/cache.js';
import { CacheError, PredictionCache, bytesOf, distinctRequests } from '../src/index.js';
import { ENTRY_BYTES } from '../src/store/sizing.js';

describe('PredictionCache', () => {
  it('gives back what was kept and counts hits, misses and size', () => {
    const cache = new PredictionCache<number>({ entries: 10, ttlMs: 0 });
    const cells = cache.forModel('a');
    expect(cells.get(7)).toBeUndefined();
    cells.set(7, 0.0847);
    expect(cells.get(7)).toBe(0.0847);
    expect(cells.get(7)).toBe(0.0847);
    expect(cache.snapshot()).toMatchObject({ hits: 2, misses: 1, stores: 1, size: 1 });
  });

  it('never answers for one model with the answer of another', () => {
    const cache = new PredictionCache<string>({ entries: 10, ttlMs: 0 });
    const before = cache.forModel('a');
    before.set(1, 'from a');
    const after = cache.forModel('b');
    expect(after.get(1)).toBeUndefined();
    after.set(1, 'from b');
    expect(before.get(1)).toBe('from a');
    expect(cache.forModel('a')).toBe(before);
  });

  it('lets go of the models that are not retained, and keeps counting', () => {
    const cache = new PredictionCache<string>({ entries: 10, ttlMs: 0 });
    cache.forModel('a').set(1, 'from a');
    cache.forModel('b').set(1, 'from b');
    cache.forModel('b').get(1);
    expect(cache.snapshot().size).toBe(2);
    cache.retain('b');
    expect(cache.snapshot()).toMatchObject({ hits: 1, misses: 0, size: 1 });
    expect(cache.forModel('a').get(1)).toBeUndefined();
    expect(cache.forModel('b').get(1)).toBe('from b');
  });

  it('pushes out what was not read since it came when it is full', () => {
    const cells = new PredictionCache<string>({ entries: 2, ttlMs: 0 }).forModel('a');
    cells.set(1, 'one');
    cells.set(2, 'two');
    cells.get(1);
    cells.set(3, 'three');
    expect([1, 2, 3].map((cell) => cells.get(cell))).toEqual(['one', undefined, 'three']);
  });

  it('serves an entry until its time to live is over, by the clock it was given', () => {
    let time = 1_000;
    const cache = new PredictionCache<string>({ entries: 2, ttlMs: 500, now: () => time });
    const cells = cache.forModel('a');
    cells.set(1, 'one');
    time += 499;
    expect(cells.get(1)).toBe('one');
    time += 2;
    expect(cells.get(1)).toBeUndefined();
    cells.set(1, 'again');
    time += 499;
    expect(cells.get(1)).toBe('again');
  });

  it('keeps entries for good when the time to live is 0', () => {
    let time = 1;
    const cache = new PredictionCache<string>({ entries: 2, ttlMs: 0, now: () => time });
    const cells = cache.forModel('a');
    cells.set(1, 'one');
    time += 1e9;
    expect(cells.get(1)).toBe('one');
  });

  it('holds nothing when it may hold 0 entries', () => {
    const cache = new PredictionCache<string>({ entries: 0, ttlMs: 0 });
    cache.forModel('a').set(1, 'one');
    expect(cache.forModel('a').get(1)).toBeUndefined();
    expect(cache.snapshot()).toMatchObject({ hits: 0, misses: 1, stores: 0, size: 0, bytes: 0 });
  });

  it('serves a model of numbered cells like any other: limits, ages and counts', () => {
    let time = 0;
    const options = { entries: 2, ttlMs: 500, sizeOf: () => 10, now: () => time };
    const cache = new PredictionCache<string>(options);
    const cells = cache.forModel('a', { cells: 1000 });
    expect(cache.forModel('a')).toBe(cells);
    for (const cell of [999, 1]) {
      expect(cells.get(cell, cell)).toBeUndefined();
      cells.set(cell, `${cell}`);
    }
    expect([cells.get(999, 999), cells.get(1, 1)]).toEqual(['999', '1']);
    expect(cache.snapshot()).toMatchObject({ hits: 2, misses: 2, stores: 2, size: 2 });
    expect(cache.snapshot().bytes).toBe(4 * 1000 + 2 * (ENTRY_BYTES + 10));
    expect(distinctRequests(cache.snapshot().requests)).toBe(2);
    cells.set(2, 'two');
    expect(cells.size).toBe(2);
    time += 500;
    expect([999, 1, 2].map((cell) => cells.get(cell))).toEqual(new Array(3).fill(undefined));
    expect(cache.snapshot()).toMatchObject({ size: 0, expired: 2 });
  });

  it('holds nothing of numbered cells either when it may hold 0 entries', () => {
    const cells = new PredictionCache<string>({ entries: 0, ttlMs: 0 }).forModel('a', { cells: 9 });
    cells.set(1, 'one');
    expect([cells.get(1), cells.size, cells.bytes]).toEqual([undefined, 0, 0]);
  });

  it.each([0, 1.5, 2 ** 28 + 1])('refuses %p as a number of cells', (cells) => {
    const cache = new PredictionCache<string>({ entries: 1, ttlMs: 0 });
    const message = `cells must be a whole number from 1 to ${2 ** 28}, got ${cells}`;
    expect(() => cache.forModel('a', { cells })).toThrow(new CacheError('OPTION_INVALID', message));
  });

  it('counts what a value takes, and holds no more bytes than it may', () => {
    const options = { entries: 100, ttlMs: 0, bytes: 1000, sizeOf: (text: string) => text.length };
    const cache = new PredictionCache<string>(options);
    const cells = cache.forModel('a');
    cells.set(1, 'x'.repeat(400));
    expect(cache.snapshot().bytes).toBe(400 + ENTRY_BYTES);
    cells.set(2, 'x'.repeat(400));
    expect(cells.bytes).toBe(2 * (400 + ENTRY_BYTES));
    cells.set(3, 'x'.repeat(400));
    expect(cache.snapshot()).toMatchObject({ size: 2, bytes: cells.bytes, refused: 1 });
    cells.set(4, 'x'.repeat(1000));
    expect(cache.snapshot()).toMatchObject({ size: 2, refused: 2 });
  });

  it('estimates the bytes of a value itself when it is not told', () => {
    const cache = new PredictionCache<object>({ entries: 100, ttlMs: 0 });
    cache.forModel('a').set(1, { ctr: 0.0847, etag: '"abc"' });
    expect(cache.snapshot().bytes).toBe(ENTRY_BYTES + bytesOf({ ctr: 0.0847, etag: '"abc"' }));
  });

  it.each([
    [{ entries: -1, ttlMs: 0 }, 'entries must be a whole number from 0, got -1'],
    [{ entries: 1.5, ttlMs: 0 }, 'entries must be a whole number from 0, got 1.5'],
    [{ entries: 1, ttlMs: NaN }, 'ttlMs must be a whole number from 0, got NaN'],
    [{ entries: 1, ttlMs: 0, bytes: -1 }, 'bytes must be a whole number from 0, got -1'],
    [
      { entries: 1, ttlMs: 0, sampleEvery: 0.5 },
      'sampleEvery must be a whole number from 0, got 0.5',
    ],
  ])('refuses limits that are not whole numbers: %p', (options, message) => {
    expect(() => new PredictionCache(options)).toThrow(new CacheError('OPTION_INVALID', message));
  });

  it('refuses a model without a digest', () => {
    const cache = new PredictionCache<string>({ entries: 1, ttlMs: 0 });
    expect(() => cache.forModel('')).toThrow(expect.objectContaining({ code: 'KEY_INVALID' }));
  });

  it('agrees with a map on what is there, never exceeds its bound, and counts every lookup', () => {
    const steps = fc.array(
      fc.record({ write: fc.boolean(), model: fc.constantFrom('a', 'b'), cell: fc.nat(30) }),
      { maxLength: 200 },
    );
    fc.assert(
      fc.property(steps, fc.integer({ min: 0, max: 8 }), (moves, entries) => {
        const cache = new PredictionCache<string>({ entries, ttlMs: 0 });
        let lookups = 0;
        for (const { write, model, cell } of moves) {
          const cells = cache.forModel(model);
          if (write) cells.set(cell, `${model}${cell}`);
          else {
            lookups++;
            expect([undefined, `${model}${cell}`]).toContain(cells.get(cell));
          }
          expect(cells.size).toBeLessThanOrEqual(entries);
        }
        const { hits, misses } = cache.snapshot();
        expect(hits + misses).toBe(lookups);
      }),
    );
  });
});

describe('the coarse clock', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it('stands still within a millisecond and goes with the time between', () => {
    const clock = coarseClock();
    const start = clock();
    jest.advanceTimersByTime(0.9);
    expect(clock()).toBe(start);
    jest.advanceTimersByTime(500);
    expect(clock() - start).toBeCloseTo(500.9, 0);
  });

  it('sets one timer however often it is read, and none when nobody reads it', () => {
    const clock = coarseClock();
    for (let i = 0; i < 1000; i++) clock();
    expect(jest.getTimerCount()).toBe(1);
    jest.advanceTimersByTime(1);
    expect(jest.getTimerCount()).toBe(0);
  });
});
