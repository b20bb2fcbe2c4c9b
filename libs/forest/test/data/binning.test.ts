import fc from 'fast-check';
import {
  codeOf,
  codeOfNumber,
  learnBins,
  layOutFields,
  packRows,
  type CodeFields,
} from '../../src/data/binning.js';
import { CutSearch, indexCuts } from '../../src/data/cut-search.js';
import { atOnce } from '../../src/steps.js';
import { mixedData, numericColumns } from '../data.js';

/** The code of feature `f` in the packed row that starts at `at`. */
function codeIn(words: Uint32Array, at: number, fields: CodeFields, f: number): number {
  return (words[at + fields.word[f]] >>> fields.shift[f]) & fields.mask[f];
}

const anyNumber = fc.oneof(fc.double(), fc.constantFrom(0, -0, Infinity, -Infinity, 1, 2, 3));

describe('cuts', () => {
  it('are all midpoints where values are few', () => {
    const [bins] = atOnce(learnBins(numericColumns([3, 1, 2, 2, NaN, 10]), 255, 1));
    expect([...bins.cuts]).toEqual([1.5, 2.5, 6.5]);
    expect(bins.bins).toBe(4);
  });

  it('are quantiles where values are many: bins hold like shares of the rows', () => {
    const values = Array.from({ length: 10_000 }, (_, i) => Math.exp(i / 1000));
    const [bins] = atOnce(learnBins(numericColumns(values), 20, 1));
    const counts = new Array(bins.bins).fill(0);
    for (const value of values) counts[codeOf(bins, value)]++;
    expect(bins.bins).toBe(20);
    for (const count of counts) expect(Math.abs(count - 500)).toBeLessThanOrEqual(2);
  });

  it('separate neighbouring values, whatever the numbers', () => {
    const values = fc.array(anyNumber, { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(values, fc.integer({ min: 2, max: 300 }), (column, maxBins) => {
        const [{ cuts, bins }] = atOnce(learnBins(numericColumns(column), maxBins, 1));
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
    const [size, , colour] = atOnce(learnBins(columns, 255, 1));
    expect(codeOf(size, NaN)).toBe(size.bins);
    expect([NaN, -1, 5, 1e9].map((place) => codeOf(colour, place))).toEqual([5, 5, 5, 5]);
    expect([0, 4].map((place) => codeOf(colour, place))).toEqual([0, 4]);
  });

  it('survive packing, and a field never straddles two words', () => {
    const columns = mixedData({ rows: 300, missing: 0.2 }).columns;
    const wide = {
      schema: {
        features: Array.from({ length: 9 }, (_, f) => ({
          ...columns.schema.features[f % 3],
          name: `f${f}`,
        })),
      },
      rows: 300,
      values: Array.from({ length: 9 }, (_, f) => columns.values[f % 3]),
    };
    const bins = atOnce(learnBins(wide, 255, 1));
    const { shift, mask } = layOutFields(bins);
    shift.forEach((low, f) => expect(low + Math.log2(mask[f] + 1)).toBeLessThanOrEqual(32));
    const packed = atOnce(packRows(wide, bins));
    expect(packed.wordsPerRow).toBeGreaterThan(1);
    for (let row = 0; row < 300; row++) {
      bins.forEach((_, f) => {
        const code = codeIn(packed.words, row * packed.wordsPerRow, packed.fields, f);
        expect(code).toBe(codeOf(bins[f], wide.values[f][row]));
      });
    }
    expect(packed.anyMissing).toEqual(Array(9).fill(true));
  });
});
