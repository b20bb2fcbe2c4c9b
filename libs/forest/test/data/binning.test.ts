import fc from 'fast-check';
import {
  codeOf,
  codeOfNumber,
  learnBins,
  layOutFields,
  type FeatureBins,
} from '../../src/data/binning.js';
import { CutSearch, indexCuts } from '../../src/data/cut-search.js';
import type { Columns } from '../../src/index.js';
import { Kernels } from '../../src/kernels/kernels.js';
import { atOnce } from '../../src/steps.js';
import { mixedData, numericColumns } from '../data.js';

const binsOf = (columns: Columns, maxBins = 255): FeatureBins[] =>
  atOnce(learnBins(new Kernels(), columns, maxBins, 1));

const anyNumber = fc.oneof(fc.double(), fc.constantFrom(0, -0, Infinity, -Infinity, 1, 2, 3));

describe('cuts', () => {
  it('are all midpoints where values are few', () => {
    const [bins] = binsOf(numericColumns([3, 1, 2, 2, NaN, 10]));
    expect([...bins.cuts]).toEqual([1.5, 2.5, 6.5]);
    expect(bins.bins).toBe(4);
  });

  it('are quantiles where values are many: bins hold like shares of the rows', () => {
    const values = Array.from({ length: 10_000 }, (_, i) => Math.exp(i / 1000));
    const [bins] = binsOf(numericColumns(values), 20);
    const counts = new Array(bins.bins).fill(0);
    for (const value of values) counts[codeOf(bins, value)]++;
    expect(bins.bins).toBe(20);
    for (const count of counts) expect(Math.abs(count - 500)).toBeLessThanOrEqual(2);
  });

  it('separate neighbouring values, whatever the numbers', () => {
    const values = fc.array(anyNumber, { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(values, fc.integer({ min: 2, max: 300 }), (column, maxBins) => {
        const [{ cuts, bins }] = binsOf(numericColumns(column), maxBins);
        expect(bins).toBeLessThanOrEqual(maxBins);
        for (let i = 1; i < cuts.length; i++) expect(cuts[i - 1]).toBeLessThan(cuts[i]);
        const distinct = [...new Set(column.filter((value) => !Number.isNaN(value)))].sort(
          (a, b) => a - b,
        );
        if (distinct.length > maxBins) return;
        distinct.forEach((value, code) => expect(codeOfNumber(cuts, value)).toBe(code));
      }),
    );
  });
});

describe('codes', () => {
  it('count the cuts below a number: x ≤ cut k exactly when code ≤ k', () => {
    const ascending = fc.uniqueArray(fc.double({ noNaN: true }), { maxLength: 40 });
    fc.assert(
      fc.property(ascending, fc.array(anyNumber, { maxLength: 20 }), (numbers, others) => {
        const cuts = Float64Array.from(numbers).sort();
        for (const x of [...numbers, ...others].filter((number) => !Number.isNaN(number))) {
          const code = codeOfNumber(cuts, x);
          expect(code).toBe(cuts.filter((cut) => cut < x).length);
          expect(new CutSearch(indexCuts(cuts)).codeOf(x)).toBe(code);
          cuts.forEach((cut, k) => expect(x <= cut).toBe(code <= k));
        }
      }),
    );
  });

  it('are found among crowded cuts, of either sign and beside zero', () => {
    const cuts = Float64Array.from([
      -1e300,
      -2,
      -1,
      -1e-300,
      0,
      5e-324,
      1,
      1 + 2e-16,
      1e300,
    ]).sort();
    const crowd = Float64Array.from({ length: 300 }, (_, i) => 1e6 + i * 1e-9).sort();
    for (const list of [cuts, crowd, new Float64Array(0), Float64Array.of(-Infinity, Infinity)]) {
      const search = new CutSearch(indexCuts(list));
      for (const x of [...list, -0, -Infinity, Infinity, 3, -3, 1e6 + 1.5e-8]) {
        expect(search.codeOf(x)).toBe(codeOfNumber(list, x));
      }
      expect(search.codeOf(NaN)).toBe(list.length + 1);
    }
  });

  it('call NaN and places outside the list missing', () => {
    const { columns } = mixedData({ rows: 50 });
    const [size, , colour] = binsOf(columns);
    expect(codeOf(size, NaN)).toBe(size.bins);
    expect([NaN, -1, 5, 1e9].map((place) => codeOf(colour, place))).toEqual([5, 5, 5, 5]);
    expect([0, 4].map((place) => codeOf(colour, place))).toEqual([0, 4]);
  });

  it('lie in a row in order, none across two words, and take a byte or two', () => {
    const categories = Array.from({ length: 300 }, (_, i) => `c${i}`);
    const features = Array.from({ length: 9 }, (_, f) =>
      f % 3 === 1
        ? { name: `f${f}`, kind: 'categorical' as const, categories }
        : { name: `f${f}`, kind: 'numeric' as const },
    );
    const values = features.map(() => Float64Array.of(0, 1, 2));
    const { word, shift, mask } = layOutFields(binsOf({ schema: { features }, rows: 3, values }));
    features.forEach((_, f) => {
      expect(mask[f]).toBe(f % 3 === 1 ? 0xffff : 0xff);
      expect(shift[f] + Math.log2(mask[f] + 1)).toBeLessThanOrEqual(32);
      if (f > 0) expect(32 * word[f] + shift[f]).toBeGreaterThan(32 * word[f - 1] + shift[f - 1]);
    });
  });
});
