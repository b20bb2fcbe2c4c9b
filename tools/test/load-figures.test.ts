import {
  exactKeyHitRateBetween,
  figuresOf,
  hitRateBetween,
  residentGrowth,
} from '@adscale/api/load/figures.ts';
import type { Figures } from '@adscale/api/load/figures.ts';

const figures = (hits: number, misses: number, exact: number | null = null): Figures => ({
  hits,
  misses,
  exactKeyHitRate: exact,
  residentBytes: 100,
});

describe('reading GET /stats', () => {
  const cache = { hits: 1, misses: 2, exact_key_hit_rate: 0.3, size: 3 };
  const processes = [{ resident_bytes: 5 }, { resident_bytes: 7 }];

  it('takes the figures of the whole service', () => {
    expect(figuresOf({ cache, processes, requests: 3 })).toEqual({
      hits: 1,
      misses: 2,
      exactKeyHitRate: 0.3,
      residentBytes: 12,
    });
  });

  it('takes a service that nothing was asked of', () => {
    const fresh = { hits: 0, misses: 0, exact_key_hit_rate: null };
    expect(figuresOf({ cache: fresh, processes }).exactKeyHitRate).toBeNull();
  });

  it.each([
    [null, 'cache.hits'],
    [{ cache: { ...cache, hits: '1' }, processes }, 'cache.hits'],
    [{ cache: { ...cache, exact_key_hit_rate: undefined }, processes }, 'exact_key_hit_rate'],
    [{ cache }, 'processes'],
  ])('refuses %j', (stats, lacking) => {
    expect(() => figuresOf(stats)).toThrow(lacking);
  });
});

describe('figures between two readings', () => {
  it('takes the hit rate of what happened between them', () => {
    expect(hitRateBetween(figures(10, 90), figures(70, 110))).toBe(0.75);
    expect(hitRateBetween(figures(10, 90), figures(10, 90))).toBe(0);
  });

  it('takes the exact key’s hit rate from how many requests were different', () => {
    // 100 requests, 50 different; then 100 more, of which 30 were new
    expect(exactKeyHitRateBetween(figures(0, 100, 0.5), figures(0, 200, 0.6))).toBeCloseTo(0.7);
    expect(exactKeyHitRateBetween(figures(0, 0), figures(80, 20, 0.7))).toBeCloseTo(0.7);
  });

  it('says nothing of an exact key when the run was too small a part', () => {
    const before = figures(90_000, 10_000, 0.7);
    expect(exactKeyHitRateBetween(before, figures(90_900, 10_000, 0.7))).toBeUndefined();
    expect(exactKeyHitRateBetween(before, figures(92_000, 10_000, 0.7))).toBeCloseTo(0.7);
    expect(exactKeyHitRateBetween(figures(0, 0), figures(0, 0))).toBeUndefined();
  });

  it('takes growth of memory as a share', () => {
    const before = figures(0, 0);
    expect(residentGrowth(before, { ...before, residentBytes: 125 })).toBe(0.25);
  });
});
