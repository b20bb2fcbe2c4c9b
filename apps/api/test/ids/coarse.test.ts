import fc from 'fast-check';
import { coarse, joinNumber, splitNumber } from '../../src/ids/coarse.js';

const anyNumber = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e30, max: 1e30 }),
  fc.integer(),
  fc.integer({ min: 0, max: 20 }).map((power) => 10 ** power),
  fc.integer({ min: 0, max: 20 }).map((power) => 10 ** power - 1e-9),
  fc.integer({ min: -300, max: 300 }).map((power) => Number(`1e${power}`)),
);

describe('a number of two digits', () => {
  it('is exact for whole numbers up to 99', () => {
    for (let number = -99; number <= 99; number++) expect(coarse(number)).toBe(number);
  });

  it('is what toPrecision says, wherever that does not have to halve', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, min: 1e-9, max: 1e15 }), (number) => {
        const wanted = Number(number.toPrecision(2));
        // 0.125 has no nearest: the two ways may differ by one in the last digit.
        expect(Math.abs(coarse(number) - wanted) / wanted).toBeLessThan(
          /^\d*[05]$/.test(number.toPrecision(3).replace(/\D/g, '')) ? 0.11 : 1e-12,
        );
      }),
    );
  });

  it('is within a twentieth of the number, and stays as it is', () => {
    fc.assert(
      fc.property(anyNumber, (number) => {
        const rounded = coarse(number);
        expect(coarse(rounded)).toBe(rounded);
        if (Math.abs(number) > 1e-120 && Math.abs(number) < 1e120) {
          expect(Math.abs(rounded - number)).toBeLessThanOrEqual(0.0501 * Math.abs(number));
        }
      }),
    );
  });

  it('fits into two bytes, whatever the number', () => {
    const all = fc.double({ noNaN: true, noDefaultInfinity: true });
    fc.assert(
      fc.property(all, (number) => {
        const split = { mantissa: 0, exponent: 0 };
        splitNumber(number, split);
        expect(Math.abs(split.mantissa)).toBeLessThan(100);
        expect(split.exponent).toBeGreaterThanOrEqual(-128);
        expect(split.exponent).toBeLessThanOrEqual(127);
        expect(Object.is(joinNumber(split.mantissa, split.exponent), -0)).toBe(false);
      }),
    );
  });
});
