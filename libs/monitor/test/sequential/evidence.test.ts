import fc from 'fast-check';
import { confidenceSequence, logEValue, logMixture } from '../../src/index.js';
import logGamma from '@stdlib/math-base-special-gammaln';
import { chance } from '../chance.js';

/** Logarithm of the probability of a Poisson count. */
const logPoisson = (k: number, mean: number): number => k * Math.log(mean) - mean - logGamma(k + 1);

test.each([0.3, 4, 80])('of Poisson counts of mean %p, the e-value is 1 on average', (expected) => {
  let mean = 0;
  for (let clicks = 0; clicks < 60 + 10 * expected; clicks++) {
    mean += Math.exp(logPoisson(clicks, expected) + logEValue({ clicks, expected }));
  }
  expect(mean).toBeCloseTo(1, 9);
});

test('after any past, the next count is expected to win nothing', () => {
  for (const [past, of] of [
    [0, 3],
    [20, 10],
    [5, 40],
  ]) {
    let mean = 0;
    for (let k = 0; k < 200; k++) {
      mean += Math.exp(logPoisson(k, 7) + logEValue({ clicks: past + k, expected: of + 7 }));
    }
    expect(Math.log(mean)).toBeCloseTo(logEValue({ clicks: past, expected: of }), 9);
  }
});

test('of clicks, which vary less than Poisson counts, it is 1 at most', () => {
  for (const ctr of [0.01, 0.2, 0.9]) {
    const [none, one] = [0, 1].map((clicks) => Math.exp(logEValue({ clicks, expected: ctr })));
    const mean = ctr * one + (1 - ctr) * none;
    expect(mean).toBeLessThanOrEqual(1);
    expect(mean).toBeGreaterThan(1 - ctr);
  }
});

test('without evidence nothing is said', () => {
  const nothing = { clicks: 0, expected: 0 };
  expect(logEValue(nothing)).toBe(0);
  expect(confidenceSequence(nothing, 0.05)).toEqual({ factor: null, lower: 0, upper: null });
});

test('without clicks the factor has no lower bound, and an upper one', () => {
  const { factor, lower, upper } = confidenceSequence({ clicks: 0, expected: 50 }, 0.05);
  expect([factor, lower]).toEqual([0, 0]);
  expect(upper).toBeGreaterThan(0.03);
  expect(upper).toBeLessThan(0.5);
});

test('the interval holds just the factors that the evidence does not speak against', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 1_000_000 }),
      fc.double({ min: 0.01, max: 1e6, noNaN: true }),
      fc.constantFrom(0.2, 0.05, 0.001),
      (clicks, expected, alpha) => {
        const { factor, lower, upper } = confidenceSequence({ clicks, expected }, alpha);
        const most = -Math.log(alpha);
        const logAt = (theta: number): number =>
          logMixture({ clicks, expected }) + theta * expected - clicks * Math.log(theta);
        expect(lower).toBeLessThanOrEqual(factor!);
        expect(upper).toBeGreaterThan(factor!);
        const near = 1e-6 * Math.max(1, most) + 1e-9 * Math.max(clicks, expected);
        expect(Math.abs(logAt(upper!) - most)).toBeLessThan(near);
        if (clicks > 0) expect(Math.abs(logAt(lower) - most)).toBeLessThan(near);
      },
    ),
  );
});

test('a tolerance asks for evidence against all that it tolerates', () => {
  const evidence = { clicks: 1030, expected: 1000 };
  expect(logEValue(evidence, 0.03)).toBeLessThan(0);
  expect(logEValue({ clicks: 1300, expected: 1000 }, 0.03)).toBeLessThan(
    logEValue({ clicks: 1300, expected: 1000 }),
  );
  expect(logEValue({ clicks: 1300, expected: 1000 }, 0.03)).toBeGreaterThan(Math.log(1e6));
});

test('looking after every outcome raises a false alarm in 5 % of runs at most', () => {
  const { poisson: count, uniform } = chance('evidence, no miss');
  let alarms = 0;
  for (let run = 0; run < 1000; run++) {
    let [clicks, expected, alarmed] = [0, 0, false];
    for (let look = 0; look < 200; look++) {
      const more = 20 * uniform() ** 3;
      expected += more;
      clicks += count(0.8 * more);
      alarmed ||= logEValue({ clicks, expected: 0.8 * expected }) >= Math.log(20);
    }
    alarms += +alarmed;
  }
  expect(alarms).toBeLessThanOrEqual(50);
});

test('the interval held the true factor at all looks together in 95 % of runs at least', () => {
  const { poisson: count } = chance('evidence, coverage');
  let misses = 0;
  for (let run = 0; run < 300; run++) {
    let [clicks, expected, missed] = [0, 0, false];
    for (let look = 0; look < 60; look++) {
      expected += 1.15 ** look;
      clicks += count(0.8 * 1.15 ** look);
      const { lower, upper } = confidenceSequence({ clicks, expected }, 0.05);
      missed ||= 0.8 < lower || 0.8 > upper!;
    }
    misses += +missed;
  }
  expect(misses).toBeLessThanOrEqual(15);
});

test('a miss of a tenth is found for certain, within 5,000 clicks', () => {
  const { poisson: count } = chance('evidence, a miss');
  for (let run = 0; run < 100; run++) {
    let [clicks, expected] = [0, 0];
    while (logEValue({ clicks, expected }) < Math.log(20)) {
      expected += 50;
      clicks += count(45);
      expect(expected).toBeLessThan(5000);
    }
  }
});

test.each([0, 1, NaN])('an alpha of %p is refused by name', (alpha) => {
  expect(() => confidenceSequence({ clicks: 1, expected: 1 }, alpha)).toThrow(
    `an option is not usable: alpha is ${alpha}, and must lie between 0 and 1`,
  );
});
