import fc from 'fast-check';
import { exp, inverseLink, logit, sigmoid } from '../../src/trees/links.js';

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
