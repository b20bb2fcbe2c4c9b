import fc from 'fast-check';
import {
  emptyTiming,
  medianMs,
  mergeTimings,
  samplesOf,
  type Timing,
  TimeSamples,
  TimingHistogram,
} from '../../src/measure/timing.js';

function timingOf(times: number[]): Timing {
  const histogram = new TimingHistogram();
  for (const milliseconds of times) histogram.add(milliseconds);
  return histogram.read();
}

/** From a nanosecond to a quarter of an hour. */
const times = fc.array(fc.double({ min: -6, max: 6, noNaN: true }).map((power) => 10 ** power));

describe('a histogram of times', () => {
  it('knows the median within 5 %, whatever a few outliers are', () => {
    fc.assert(
      fc.property(times, (list) => {
        fc.pre(list.length > 0);
        const sorted = [...list].sort((a, b) => a - b);
        const median = sorted[Math.ceil(list.length / 2) - 1]!;
        expect(Math.abs(medianMs(timingOf(list))! / median - 1)).toBeLessThan(0.05);
      }),
    );
    expect(medianMs(timingOf([1, 1, 1, 1e6, 1e6]))! - 1).toBeLessThan(0.05);
  });

  it('knows none before the first', () => {
    expect(medianMs(timingOf([]))).toBeNull();
    expect(timingOf([])).toEqual(emptyTiming);
  });

  it('takes times below a nanosecond, and those of years', () => {
    expect(medianMs(timingOf([-1, 0, 0]))).toBeLessThan(1.1e-6);
    expect(samplesOf(timingOf([1e12, Infinity]))).toBe(2);
  });

  it('merges into the histogram of all times, in any order', () => {
    fc.assert(
      fc.property(times, times, (a, b) => {
        const all = timingOf([...a, ...b]);
        expect(mergeTimings(timingOf(a), timingOf(b))).toEqual(all);
        expect(mergeTimings(timingOf(b), timingOf(a))).toEqual(all);
        expect(samplesOf(all)).toBe(a.length + b.length);
      }),
    );
  });
});

describe('samples of times', () => {
  it('are taken of one lookup in as many as was told, at gaps that keep no step', () => {
    const samples = new TimeSamples(256, () => 0);
    const gaps = Array.from({ length: 10_000 }, () => samples.nextGap());
    const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
    expect(mean / 256).toBeCloseTo(1, 1);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(1);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(511);
    expect(new Set(gaps).size).toBe(511);
  });
});
