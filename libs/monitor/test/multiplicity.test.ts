import fc from 'fast-check';
import { eBenjaminiHochberg } from '../src/index.js';
import { chance } from './chance.js';

/** By definition: the largest k for which k e-values are m / (α k) or more. */
function naive(logs: readonly number[], alpha: number): number {
  for (let k = logs.length; k > 0; k--) {
    const least = Math.log(logs.length / (alpha * k));
    if (logs.filter((log) => log >= least).length >= k) return k;
  }
  return 0;
}

test('it finds as many as the definition says, the largest first', () => {
  // Doubles of fast-check are mostly tiny: whole tenths lie where it matters.
  const log = fc.integer({ min: -50, max: 80 }).map((tenths) => tenths / 10);
  fc.assert(
    fc.property(
      fc.array(log, { maxLength: 40 }),
      fc.constantFrom(0.01, 0.05, 0.3),
      (logs, alpha) => {
        const found = eBenjaminiHochberg(logs, alpha);
        expect(found.length).toBe(naive(logs, alpha));
        const sorted = logs.toSorted((a, b) => b - a);
        expect(found.map((place) => logs[place])).toEqual(sorted.slice(0, found.length));
        expect(new Set(found).size).toBe(found.length);
      },
    ),
  );
});

test('of none, none is found', () => {
  expect(eBenjaminiHochberg([], 0.05)).toEqual([]);
});

test('of what is found, at most a share of α is false on average, though all share their luck', () => {
  const { normal } = chance('e-BH');
  let falsehood = 0;
  for (let run = 0; run < 2000; run++) {
    const shared = normal();
    // Likelihood ratios of normals at distance 2; the first ten of a hundred are truly off.
    const logs = Array.from({ length: 100 }, (_, i) => {
      const z = 0.8 * shared + 0.6 * normal() + (i < 10 ? 4 : 0);
      return 2 * z - 2;
    });
    const found = eBenjaminiHochberg(logs, 0.1);
    falsehood += found.filter((place) => place >= 10).length / Math.max(1, found.length);
  }
  expect(falsehood / 2000).toBeLessThan(0.1);
});
