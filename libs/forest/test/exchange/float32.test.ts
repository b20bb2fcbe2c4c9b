import fc from 'fast-check';
import { floor32, lastRoundingTo, nextDown, nextDown32 } from '../../src/exchange/float32.js';

const any = fc.oneof(
  fc.double({ noNaN: true }),
  fc.float({ noNaN: true }),
  fc.constantFrom(0, -0, Infinity, -Infinity, Number.MIN_VALUE, -Number.MIN_VALUE, 2 ** -149),
);
const any32 = any.map(Math.fround);

describe('the neighbours of a float', () => {
  it('leave nothing between', () => {
    fc.assert(
      fc.property(any, any, (x, y) => {
        fc.pre(x !== -Infinity);
        const below = nextDown(x);
        expect(below).toBeLessThan(x);
        expect(y <= below).toBe(y < x);
      }),
    );
    fc.assert(
      fc.property(any32, any32, (x, y) => {
        fc.pre(x !== -Infinity);
        const below = nextDown32(x);
        expect(Math.fround(below)).toBe(below);
        expect(y <= below).toBe(y < x);
      }),
    );
    expect([nextDown(1), nextDown32(1)]).toEqual([1 - 2 ** -53, 1 - 2 ** -24]);
    expect([nextDown(-1), nextDown32(-1)]).toEqual([-1 - 2 ** -52, -1 - 2 ** -23]);
    expect([nextDown(0), nextDown32(0)]).toEqual([-(2 ** -1074), -(2 ** -149)]);
    expect([nextDown(Infinity), nextDown32(Infinity)]).toEqual([
      Number.MAX_VALUE,
      2 ** 128 - 2 ** 104,
    ]);
  });

  it('stay below a double that no float32 equals', () => {
    fc.assert(
      fc.property(any, any32, (x, y) => {
        expect(y <= floor32(x)).toBe(y <= x);
      }),
    );
  });

  it('tell the last double that rounds to the right side, ties and overflow included', () => {
    const near = (t: number): number[] => {
      const last = lastRoundingTo(t);
      return [last, -nextDown(-last), nextDown(last), t];
    };
    fc.assert(
      fc.property(any32, any, (t, x) => {
        for (const y of [x, ...near(t)]) {
          expect(y <= lastRoundingTo(t)).toBe(Math.fround(y) <= t);
        }
      }),
    );
    // 1 is even and takes its tie; the next float32 is odd and leaves it.
    expect(lastRoundingTo(1)).toBe(1 + 2 ** -24);
    expect(lastRoundingTo(1 + 2 ** -23)).toBe(nextDown(1 + 3 * 2 ** -24));
  });
});
