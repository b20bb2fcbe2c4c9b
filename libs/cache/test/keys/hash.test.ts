import fc from 'fast-check';
import { hashKey, hashRow } from '../../src/keys/hash.js';

/** Pearson's statistic of how evenly hashes fall into 256 parts by some 8 of their bits. */
function unevenness(hashes: number[], shift: number): number {
  const counts = new Array<number>(256).fill(0);
  for (const hash of hashes) counts[(hash >>> shift) & 255]!++;
  const expected = hashes.length / 256;
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}

/** Rows as campaigns make them: few values in some features, cents in another. */
const rows = Array.from({ length: 40_000 }, (_, i) => [
  5000 + (i % 50),
  1 + (i % 10),
  i % 3,
  2500 + i / 100,
]);

describe('hashes', () => {
  it('are 32-bit numbers that depend on the row alone', () => {
    fc.assert(
      fc.property(fc.array(fc.double()), (row) => {
        const hash = hashRow(row);
        expect(hash).toBe(hash | 0);
        expect(hashRow(Float64Array.from(row))).toBe(hash);
      }),
    );
  });

  it('take -0 as 0, and every NaN as the same one', () => {
    expect(hashRow([-0, 7])).toBe(hashRow([0, 7]));
    const otherNaN = new Float64Array(new BigUint64Array([0xfff8000000000001n]).buffer);
    expect(hashRow(otherNaN)).toBe(hashRow([NaN]));
  });

  it('tell rows apart by every number, its place, its last bit, and their length', () => {
    const alike = [[], [0], [0, 0], [1, 2], [2, 1], [1, 2, 0], [1 + Number.EPSILON, 2], [-1, 2]];
    expect(new Set(alike.map(hashRow)).size).toBe(alike.length);
  });

  it('spread rows and keys evenly, by their high and by their low bits', () => {
    // 255 degrees of freedom: 400 is passed by chance less than once in 10 million times.
    const byRow = rows.map(hashRow);
    const byNumber = rows.map((_, i) => hashKey(i));
    const byText = rows.map((_, i) => hashKey(`cell ${i}`));
    for (const hashes of [byRow, byNumber, byText]) {
      expect(unevenness(hashes, 24)).toBeLessThan(400);
      expect(unevenness(hashes, 0)).toBeLessThan(400);
    }
    expect(new Set(byRow).size).toBeGreaterThan(rows.length - 5);
  });

  it('tell apart numbers above 32 bits, and texts by halves of surrogate pairs', () => {
    const keys = [1, 1 + 2 ** 32, 1 + 2 ** 52, '1', '\ud800', '\ud801', '\ufffd', 'ab', 'ba'];
    expect(new Set(keys.map(hashKey)).size).toBe(keys.length);
  });
});
