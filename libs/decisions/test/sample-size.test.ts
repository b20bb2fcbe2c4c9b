import { oneProportionSize, precisionSize, twoProportionSize } from '../src/sample-size.js';

describe('the size of a live test', () => {
  it('is the textbook one: 50 % against 70 % takes 93 an arm, 103 corrected', () => {
    expect(twoProportionSize(0.5, 0.7, 0.05, 0.8)).toEqual({
      impressions_per_arm: 93,
      impressions_per_arm_corrected: 103,
    });
  });

  it('is the same whichever arm is better, and four times as large for half the difference', () => {
    const there = twoProportionSize(0.05, 0.06, 0.05, 0.8)!;
    expect(twoProportionSize(0.06, 0.05, 0.05, 0.8)).toEqual(there);
    const half = twoProportionSize(0.0525, 0.0575, 0.05, 0.8)!;
    expect(half.impressions_per_arm / there.impressions_per_arm).toBeCloseTo(4, 2);
  });

  it('grows with power and with significance', () => {
    const sizeOf = (significance: number, power: number): number =>
      twoProportionSize(0.05, 0.06, significance, power)!.impressions_per_arm;
    expect(sizeOf(0.05, 0.9)).toBeGreaterThan(sizeOf(0.05, 0.8));
    expect(sizeOf(0.01, 0.8)).toBeGreaterThan(sizeOf(0.05, 0.8));
  });

  it('does not exist where there is nothing to see', () => {
    expect(twoProportionSize(0.05, 0.05, 0.05, 0.8)).toBeUndefined();
    expect(oneProportionSize(0.05, 0.05, 0.05, 0.8)).toBeUndefined();
  });
});

test('a rate is told from a known one with ((1.645 √.09 + 0.842 √.0475) / .05)² trials', () => {
  expect(oneProportionSize(0.05, 0.1, 0.05, 0.8)).toBe(184);
});

test('a tenth of a CTR of 5 % takes (1.645 / 0.1)² · 0.95 / 0.05 impressions', () => {
  expect(precisionSize(0.05, 0.1, 0.9)).toBe(5141);
});

test('a power that any test has takes a single impression', () => {
  const one = { impressions_per_arm: 1, impressions_per_arm_corrected: 1 };
  expect(twoProportionSize(0.02, 0.03, 0.1, 0.04)).toEqual(one);
  expect(twoProportionSize(0.02, 0.03, 0.1, 1e-6)).toEqual(one);
  expect(oneProportionSize(0.02, 0.03, 0.1, 1e-6)).toBe(1);
});
