import fc from 'fast-check';
import {
  HIGHEST,
  LOWEST,
  LogHistogram,
  QUANTILE_ERROR,
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
  });

  it('counts what is below its range as 0 and what is above as its highest value', () => {
    expect(quantile(histogramOf([0, LOWEST / 2, -1]), 1)).toBe(0);
    const highest = quantile(histogramOf([HIGHEST * 9, Infinity]), 0.5);
    expect(Math.abs(highest / HIGHEST - 1)).toBeLessThanOrEqual(QUANTILE_ERROR);
  });

  it('leaves NaN out', () => {
    expect(histogramOf([NaN])).toEqual([]);
  });

  it('reports 0 when nothing was counted', () => {
    expect(quantile([], 0.99)).toBe(0);
  });

  it('gives a snapshot that later values do not change and nobody can', () => {
    const histogram = new LogHistogram();
    histogram.record(1);
    const snapshot = histogram.snapshot();
    histogram.record(1);
    histogram.record(50);
    expect(snapshot.map(([, count]) => count)).toEqual([1]);
    expect(Object.isFrozen(snapshot) && Object.isFrozen(snapshot[0])).toBe(true);
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
});
