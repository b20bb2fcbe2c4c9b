import { PredictionCache, type SecondTier, digestKey } from '../src/index.js';
import { emptyTier } from '../src/tier/second-tier.js';

/** A second tier within the process: what a slow or empty one does, the others' tests show. */
class MapTier implements SecondTier<string> {
  readonly values = new Map<string, string>();

  async get(name: string) {
    return this.values.get(name);
  }

  set(name: string, value: string) {
    this.values.set(name, value);
  }

  snapshot() {
    return emptyTier;
  }

  async close() {}
}

function cacheOf(entries = 10, tier?: SecondTier<string>) {
  const cache = new PredictionCache<string>({ entries, ttlMs: 0 }, tier);
  return { cache, cells: cache.forModel('a') };
}

describe('getOrCompute', () => {
  it('computes what is not there, keeps it, and does not compute it again', async () => {
    const { cache, cells } = cacheOf();
    const compute = jest.fn(() => 'one');
    expect(await cells.getOrCompute(1, compute)).toBe('one');
    expect(await cells.getOrCompute(1, compute)).toBe('one');
    expect(cells.get(1)).toBe('one');
    expect(compute).toHaveBeenCalledTimes(1);
    expect(cache.snapshot()).toMatchObject({ hits: 2, misses: 1, stores: 1, shared: 0 });
  });

  it('computes once for all who ask meanwhile, and says how many waited', async () => {
    const { cache, cells } = cacheOf();
    const compute = jest.fn(async () => 'one');
    const answers = Array.from({ length: 5 }, () => cells.getOrCompute(1, compute));
    expect(await Promise.all(answers)).toEqual(new Array(5).fill('one'));
    expect(compute).toHaveBeenCalledTimes(1);
    expect(cache.snapshot()).toMatchObject({ hits: 0, misses: 5, shared: 4 });
  });

  it('keeps neither failures nor undefined', async () => {
    const { cache, cells } = cacheOf();
    const broken = () => Promise.reject(new Error('no'));
    await expect(cells.getOrCompute(1, broken)).rejects.toThrow('no');
    expect(await cells.getOrCompute(1, () => undefined)).toBeUndefined();
    expect(await cells.getOrCompute(1, () => 'one')).toBe('one');
    expect(cache.snapshot()).toMatchObject({ misses: 3, stores: 1, size: 1 });
  });

  it('lets who gave up go, and the others have the answer', async () => {
    const { cells } = cacheOf();
    let finish: (value: string) => void = () => {};
    const compute = () => new Promise<string>((resolve) => (finish = resolve));
    const impatient = new AbortController();
    const leaving = cells.getOrCompute(1, compute, impatient.signal);
    const staying = cells.getOrCompute(1, compute);
    impatient.abort(new Error('gave up'));
    await expect(leaving).rejects.toThrow('gave up');
    finish('one');
    expect(await staying).toBe('one');
    expect(cells.get(1)).toBe('one');
  });

  it('asks the second tier before it computes, and fills both', async () => {
    const tier = new MapTier();
    const { cells } = cacheOf(10, tier);
    tier.set(digestKey('a', 1), 'from the tier');
    const compute = jest.fn(() => 'computed');
    expect(await cells.getOrCompute(1, compute)).toBe('from the tier');
    expect(cells.get(1)).toBe('from the tier');
    expect(compute).not.toHaveBeenCalled();
    expect(await cells.getOrCompute(2, compute)).toBe('computed');
    expect(tier.values.get(digestKey('a', 2))).toBe('computed');
    expect(tier.values.size).toBe(2);
  });

  it('works without room in memory', async () => {
    const { cells } = cacheOf(0);
    expect(await cells.getOrCompute(1, () => 'one')).toBe('one');
    expect(cells.size).toBe(0);
  });

  it('never answers for one model with what another is computing', async () => {
    const { cache } = cacheOf(10, new MapTier());
    const [a, b] = ['a', 'b'].map((digest) =>
      cache.forModel(digest).getOrCompute(1, async () => `from ${digest}`),
    );
    expect(await Promise.all([a, b])).toEqual(['from a', 'from b']);
  });
});

describe('a lookup', () => {
  it('that hits gives the very answer that was kept, by either index', () => {
    const cache = new PredictionCache<{ ctr: number }>({ entries: 1000, ttlMs: 60_000 });
    const answer = { ctr: 0.0847 };
    for (const cells of [cache.forModel('a'), cache.forModel('b', { cells: 1000 })]) {
      cells.set(7, answer);
      expect(cells.get(7)).toBe(answer);
      expect(cells.get(7, 12345)).toBe(answer);
    }
  });
});
