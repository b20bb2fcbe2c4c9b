import fc from 'fast-check';
import { countUpTo } from '../src/histogram.js';
import {
  HIGHEST,
  LOWEST,
  LogHistogram,
  QUANTILE_ERROR,
  histogramCount,
  mergeHistograms,
  quantile,
} from '../src/index.js';

const milliseconds = fc.double({ min: LOWEST, max: HIGHEST, noNaN: true, minExcluded: true });
const manyMilliseconds = fc.array(milliseconds, { minLength: 1, maxLength: 100 });

function histogramOf(values: readonly number[]) {
  const histogram = new LogHistogram();
  values.forEach((value) => histogram.record(value));
  return histogram.snapshot();
}

describe('LogHistogram', () => {
  it('reports every quantile within its stated relative error of the nearest rank', () => {
    fc.assert(
      fc.property(manyMilliseconds, fc.double({ min: 0, max: 1, noNaN: true }), (values, q) => {
        const sorted = Float64Array.from(values).sort();
        const exact = sorted[Math.max(1, Math.ceil(q * sorted.length)) - 1];
        const error = Math.abs(quantile(histogramOf(values), q) - exact) / exact;
        expect(error).toBeLessThanOrEqual(QUANTILE_ERROR * (1 + 1e-9));
      }),
      { numRuns: 500 },
    );
  });

  it('takes the middle and the tail of a thousand values', () => {
    const histogram = histogramOf(Array.from({ length: 1000 }, (_, i) => i + 1));
    expect(quantile(histogram, 0.5) / 500).toBeCloseTo(1, 1);
    expect(quantile(histogram, 0.99) / 990).toBeCloseTo(1, 1);
    expect(histogramCount(histogram)).toBe(1000);
  });

  it('counts what is below its range as 0 and what is above as its highest value', () => {
    expect(quantile(histogramOf([0, LOWEST / 2, -1]), 1)).toBe(0);
    const highest = quantile(histogramOf([HIGHEST * 9, Infinity]), 0.5);
    expect(Math.abs(highest / HIGHEST - 1)).toBeLessThanOrEqual(QUANTILE_ERROR);
  });

  it('leaves NaN out', () => {
    expect(histogramOf([NaN])).toEqual([]);
  });

  it('reports 0 when nothing was counted, and the largest value beyond the last rank', () => {
    expect(quantile([], 0.99)).toBe(0);
    expect(quantile(histogramOf([5]), 2)).toBe(quantile(histogramOf([5]), 1));
  });

  it('gives a snapshot that later values do not change and nobody can', () => {
    const histogram = new LogHistogram();
    histogram.record(1);
    const snapshot = histogram.snapshot();
    histogram.record(1);
    histogram.record(50);
    expect(snapshot).toEqual([expect.any(Number), 1]);
    expect(Object.isFrozen(snapshot)).toBe(true);
  });
});

describe('mergeHistograms', () => {
  it('gives what one histogram of all the values would hold', () => {
    fc.assert(
      fc.property(manyMilliseconds, manyMilliseconds, (some, others) => {
        const merged = mergeHistograms(histogramOf(some), histogramOf(others));
        expect(merged).toEqual(histogramOf([...some, ...others]));
      }),
    );
  });

  it('adds by bucket, keeps the order, and stops at the largest safe count', () => {
    const max = Number.MAX_SAFE_INTEGER;
    expect(mergeHistograms([1, 5, 4, max], [0, 2, 1, 3, 4, 9, 7, 1])).toEqual([
      0,
      2,
      1,
      8,
      4,
      max,
      7,
      1,
    ]);
  });
});

describe('countUpTo', () => {
  it('counts the buckets up to one, that one included', () => {
    expect([0, 1, 3, 4, 9].map((last) => countUpTo([1, 5, 4, 7], last))).toEqual([0, 5, 5, 12, 12]);
  });
});
