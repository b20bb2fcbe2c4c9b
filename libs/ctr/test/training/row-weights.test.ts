import { byAge, rowWeights } from '../../src/training/row-weights.js';

describe('weights of rows', () => {
  const impressions = Float64Array.of(1, 101, 10_001);

  it('are impressions, as they are', () => {
    expect(rowWeights('impressions', impressions, 0.5)).toBe(impressions);
  });

  it('are n / (1 + (n − 1) ρ) where rows are alike beyond chance, never more than 1 / ρ', () => {
    expect([...rowWeights('effective', impressions, 0.01)]).toEqual([1, 101 / 2, 10_001 / 101]);
    expect([...rowWeights('effective', impressions, 0)]).toEqual([1, 101, 10_001]);
    expect([...rowWeights('effective', impressions, 1)]).toEqual([1, 1, 1]);
  });

  it('are the square root of those', () => {
    expect([...rowWeights('square_root', impressions, 0.01)]).toEqual(
      [1, 101 / 2, 10_001 / 101].map(Math.sqrt),
    );
  });

  it('by age halve for each half-life that a row is older than the newest', () => {
    const weight = Float64Array.of(8, 8, 8, 6);
    const time = Float64Array.of(10, 30, 20, 30);
    expect([...byAge(weight, time, 10)]).toEqual([2, 8, 4, 6]);
    expect([...byAge(weight, time, Infinity)]).toEqual([8, 8, 8, 6]);
    expect([...weight]).toEqual([8, 8, 8, 6]);
  });
});
