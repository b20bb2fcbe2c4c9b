import fc from 'fast-check';
import { compareNames, compareRoutes, mergeOrdered } from '../../src/snapshot/order.js';

describe('compareNames', () => {
  it('puts numbers by value before words by letter', () => {
    const names = ['tablet', '10', 'mobile', '2', '02', 'Zebra', '1'];
    expect(names.sort(compareNames)).toEqual(['1', '02', '2', '10', 'Zebra', 'mobile', 'tablet']);
  });

  it('is a total order', () => {
    const name = fc.oneof(fc.string({ maxLength: 3 }), fc.nat(100).map(String));
    fc.assert(
      fc.property(name, name, name, (a, b, c) => {
        expect(compareNames(a, b) === 0).toBe(a === b);
        expect(Math.sign(compareNames(a, b))).toBe(-Math.sign(compareNames(b, a)) || 0);
        if (compareNames(a, b) < 0 && compareNames(b, c) < 0) {
          expect(compareNames(a, c)).toBeLessThan(0);
        }
      }),
      { numRuns: 1000 },
    );
  });
});

describe('compareRoutes', () => {
  it('goes by path, then by method', () => {
    const routes = ['POST /b', 'POST /a', 'GET /b'].map((text) => {
      const [method, path] = text.split(' ');
      return { method, path };
    });
    expect(routes.sort(compareRoutes).map(({ method, path }) => `${method} ${path}`)).toEqual([
      'POST /a',
      'GET /b',
      'POST /b',
    ]);
  });
});

describe('mergeOrdered', () => {
  it('is the same as sorting everything and adding up what is equal', () => {
    const sums = fc
      .uniqueArray(fc.nat(20), { maxLength: 10 })
      .map((keys) => keys.sort((a, b) => a - b).map((key) => [key, 1] as const));
    fc.assert(
      fc.property(sums, sums, (a, b) => {
        const merged = mergeOrdered<readonly [number, number]>(
          a,
          b,
          ([one], [other]) => one - other,
          ([key, one], [, other]) => [key, one + other],
        );
        const expected = new Map<number, number>(a);
        for (const [key, count] of b) expected.set(key, (expected.get(key) ?? 0) + count);
        expect(merged).toEqual([...expected].sort(([one], [other]) => one - other));
      }),
    );
  });
});
