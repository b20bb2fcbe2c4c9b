import fc from 'fast-check';
import {
  LogScale,
  MILLISECONDS,
  TEN_THOUSANDTHS,
  WINDOW_COLLAPSE,
  WINDOW_MILLISECONDS,
} from '../src/scale.js';

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
