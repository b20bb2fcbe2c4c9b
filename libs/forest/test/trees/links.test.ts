import fc from 'fast-check';
import { exp, inverseLink, log, logit, sigmoid } from '../../src/trees/links.js';

describe('the exponential', () => {
  it('is the host’s to two units in the last place', () => {
    fc.assert(
      fc.property(fc.double({ min: -700, max: 700, noNaN: true }), (x) => {
        const wanted = Math.exp(x);
        expect(Math.abs(exp(x) - wanted)).toBeLessThanOrEqual(wanted * 2 * Number.EPSILON);
      }),
    );
  });

  it('is exact at 0, and stays finite and above 0 far out', () => {
    expect(exp(0)).toBe(1);
    expect(exp(-0)).toBe(1);
    expect(exp(1e9)).toBeLessThan(Infinity);
    expect(exp(-1e9)).toBeGreaterThan(0);
  });
});

describe('the logarithm', () => {
  it('is the host’s to a unit in the last place', () => {
    const normal = fc.double({ min: 2 ** -1022, noDefaultInfinity: true, noNaN: true });
    const near = fc.double({ min: 0.5, max: 2, noNaN: true });
    fc.assert(
      fc.property(fc.oneof(normal, near), (x) => {
        const wanted = Math.log(x);
        expect(Math.abs(log(x) - wanted)).toBeLessThanOrEqual(Math.abs(wanted) * Number.EPSILON);
      }),
    );
  });

  it('is the same on every host', () => {
    // By e_log.c; the first two are others in a browser of 2026.
    const known = [
      [0.023, -3.772261063052987],
      [0.139, -1.9732813458514453],
      [1e300, 690.7755278982137],
      [1, 0],
      [2, 0.6931471805599453],
    ];
    for (const [x, wanted] of known) expect(log(x)).toBe(wanted);
  });
});

describe('the inverse link', () => {
  it('of log-odds is the chance', () => {
    for (const p of [1e-9, 0.02, 0.5, 0.97]) expect(sigmoid(logit(p))).toBeCloseTo(p, 14);
    expect(Number.isFinite(logit(0)) && Number.isFinite(logit(1))).toBe(true);
  });

  it('ascends', () => {
    for (const link of ['identity', 'logit', 'log'] as const) {
      const at = Array.from({ length: 400 }, (_, i) => inverseLink(link, (i - 200) / 17));
      expect(at).toEqual([...at].sort((a, b) => a - b));
    }
  });
});
