import { logGamma } from '../../src/sequential/log-gamma.js';

test('the gamma function of whole numbers is a factorial', () => {
  let factorial = 1;
  for (let n = 1; n <= 20; n++) {
    expect(Math.abs(logGamma(n) - Math.log(factorial))).toBeLessThan(1e-13 * Math.max(1, n * 2));
    factorial *= n;
  }
});

test('it is √π at one half, and doubles as Legendre says', () => {
  expect(logGamma(0.5)).toBeCloseTo(Math.log(Math.PI) / 2, 13);
  for (const x of [0.3, 1.7, 9.9, 33.3, 1e4, 1e8]) {
    const doubled = logGamma(x) + logGamma(x + 0.5);
    const whole = logGamma(2 * x) + (1 - 2 * x) * Math.LN2 + 0.5 * Math.log(Math.PI);
    expect(Math.abs(doubled - whole)).toBeLessThan(1e-12 * Math.max(1, Math.abs(whole)));
  }
});
