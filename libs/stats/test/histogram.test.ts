import fc from 'fast-check';
import {
  HIGHEST,
  LOWEST,
  LogHistogram,
  LogScale,
  MILLISECONDS,
  QUANTILE_ERROR,
  TEN_THOUSANDTHS,
  WINDOW_COLLAPSE,
  WINDOW_MILLISECONDS,
  countUpTo,
  histogramCount,
  mergeHistograms,
  quantile,
} from '../src/histogram.js';

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

const scales = { MILLISECONDS, TEN_THOUSANDTHS, WINDOW_MILLISECONDS };

describe.each(Object.entries(scales))('the scale %s', (_name, scale) => {
  it('stands for every value within its error', () => {
    const values = fc.double({
      min: scale.lowest,
      max: scale.highest,
      noNaN: true,
      minExcluded: true,
    });
    fc.assert(
      fc.property(values, (value) => {
        const error = Math.abs(scale.valueOf(scale.bucketOf(value)) - value) / value;
        expect(error).toBeLessThanOrEqual(scale.error * (1 + 1e-9));
      }),
      { numRuns: 1000 },
    );
  });

  it('puts larger values into no lower bucket', () => {
    const value = fc.double({ min: -1, max: 2 * scale.highest, noNaN: true });
    fc.assert(
      fc.property(value, value, (a, b) => {
        const buckets = [scale.bucketOf(Math.min(a, b)), scale.bucketOf(Math.max(a, b))];
        expect(buckets[0]).toBeLessThanOrEqual(buckets[1]);
        expect(buckets[0]).toBeGreaterThanOrEqual(0);
        expect(buckets[1]).toBeLessThan(scale.buckets);
      }),
    );
  });

  it('has its ends for what is outside, and no bucket for NaN', () => {
    expect([-Infinity, -1, -0, 0, scale.lowest].map((value) => scale.bucketOf(value))).toEqual(
      new Array(5).fill(0),
    );
    expect(scale.bucketOf(Infinity)).toBe(scale.buckets - 1);
    expect(scale.bucketOf(NaN)).toBe(-1);
    expect(scale.valueOf(0)).toBe(0);
  });
});

describe('errors of the scales', () => {
  it('are 1 % since the start and below 3 % in windows', () => {
    expect(MILLISECONDS.error).toBeCloseTo(0.01, 12);
    expect(TEN_THOUSANDTHS.error).toBeCloseTo(0.01, 12);
    expect(WINDOW_MILLISECONDS.error).toBeLessThan(0.03);
  });
});

describe('a collapsed scale', () => {
  it('holds in a bucket what the buckets it is made of held', () => {
    for (let bucket = 1; bucket < MILLISECONDS.buckets - 1; bucket++) {
      const value = MILLISECONDS.valueOf(bucket);
      expect(WINDOW_MILLISECONDS.bucketOf(value)).toBe(Math.ceil(bucket / WINDOW_COLLAPSE));
    }
    const last = Math.ceil((MILLISECONDS.buckets - 1) / WINDOW_COLLAPSE);
    expect(last).toBeLessThan(WINDOW_MILLISECONDS.buckets);
  });

  it('has the buckets one would count by hand', () => {
    const doubling = new LogScale(1, 64, 2);
    expect([1, 1.5, 2, 2.1, 4, 33, 64].map((value) => doubling.bucketOf(value))).toEqual([
      0, 1, 1, 2, 2, 6, 6,
    ]);
    expect([1, 1.5, 2, 4, 5, 64].map((value) => doubling.collapsed(2).bucketOf(value))).toEqual([
      0, 1, 1, 1, 2, 3,
    ]);
  });
});
