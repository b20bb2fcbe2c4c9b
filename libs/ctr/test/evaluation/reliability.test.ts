import { reliability, wilson } from '../../src/index.js';
import { calibrationError } from '../../src/evaluation/reliability.js';

const rowsOf = (predicted: number[], clicks: number[], impressions: number[]) => ({
  predicted: Float64Array.from(predicted),
  observed: Float64Array.from(clicks, (k, i) => k / impressions[i]),
  weight: Float64Array.from(impressions),
});

describe('a reliability curve', () => {
  it('has bins of equal impressions, from the lowest prediction up', () => {
    const predicted = Array.from({ length: 100 }, (_, i) => ((i * 37) % 100) / 1000 + 0.001);
    const clicks = predicted.map((p) => Math.round(1000 * p));
    const curve = reliability(
      rowsOf(
        predicted,
        clicks,
        predicted.map(() => 1000),
      ),
    );
    expect(curve.map(({ rows }) => rows)).toEqual(new Array(10).fill(10));
    expect(curve.map(({ predicted: p }) => p)).toEqual(
      curve.map(({ predicted: p }) => p).toSorted((a, b) => a - b),
    );
    curve.forEach(({ predicted: p, observed }) => expect(observed).toBeCloseTo(p, 4));
    expect(calibrationError(curve)).toBeLessThan(0.0005);
  });

  it('keeps rows of equal prediction together, and counts each once', () => {
    const predicted = [...new Array(50).fill(0.1), 0.2, 0.3];
    const curve = reliability(rowsOf(predicted, new Array(52).fill(1), new Array(52).fill(10)));
    expect(curve.map(({ rows }) => rows)).toEqual([50, 2]);
    expect(curve.reduce((sum, { clicks }) => sum + clicks, 0)).toBeCloseTo(52, 9);
  });

  it('does not go to pieces behind a row of very many impressions', () => {
    const predicted = [0.1, ...Array.from({ length: 40 }, (_, i) => 0.2 + i / 1000)];
    const impressions = [6000, ...new Array(40).fill(100)];
    const curve = reliability(rowsOf(predicted, new Array(41).fill(5), impressions));
    expect(curve.map(({ rows }) => rows)).toEqual([1, 10, 10, 10, 10]);
  });

  it('is off by what predictions are off', () => {
    const curve = reliability(rowsOf([0.2, 0.4], [100, 300], [1000, 1000]), 2);
    expect(calibrationError(curve)).toBeCloseTo(0.1, 12);
  });
});

describe("Wilson's interval", () => {
  // Newcombe (1998), table I, method 3.
  it.each([
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ])('of %d in %d is [%d, %d]', (clicks, impressions, low, high) => {
    const interval = wilson(clicks, impressions);
    expect(interval.low).toBeCloseTo(low, 4);
    expect(interval.high).toBeCloseTo(high, 4);
  });
});
