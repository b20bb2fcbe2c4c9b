import fc from 'fast-check';
import { DecisionError } from '../../src/errors.js';
import {
  amountText,
  readAmount,
  readCurrency,
  readPrice,
  splitAmount,
  toDecimal,
} from '../../src/money/money.js';

const usd = readCurrency(undefined);

describe('an amount', () => {
  it.each([
    [12.5, 'USD', 1250],
    ['12.50', 'USD', 1250],
    [0.07, 'USD', 7],
    ['1000', 'JPY', 1000],
    [1.234, 'BHD', 1234],
    [1e12, 'USD', 1e14],
    [0, 'EUR', 0],
  ])('%p in %s is %d minor units', (value, code, minor) =>
    expect(readAmount(value, readCurrency(code), 'budget')).toBe(minor),
  );

  it.each([
    [12.505, 'USD', 'at most 2 decimals in USD'],
    [0.5, 'JPY', 'no decimals in JPY'],
    [0.1 + 0.2, 'USD', 'at most 2 decimals'],
    [-1, 'USD', 'a decimal number ≥ 0'],
    [1e21, 'USD', 'a decimal number ≥ 0'],
    [2e12, 'USD', 'at most 1000000000000'],
    [NaN, 'USD', 'a decimal number ≥ 0'],
    ['1,000', 'USD', 'a decimal number ≥ 0'],
    [undefined, 'USD', 'budget is missing'],
  ])('%p in %s is refused', (value, code, wanted) => {
    const read = (): number => readAmount(value, readCurrency(code), 'budget');
    expect(read).toThrow(DecisionError);
    expect(read).toThrow(wanted);
  });

  it('comes back as the decimal it was', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e14 }), (minor) => {
        expect(readAmount(toDecimal(minor, usd), usd, 'x')).toBe(minor);
      }),
    );
  });

  it('is told with its decimals and its currency', () => {
    expect(amountText(120_050, usd)).toBe('1200.50 USD');
    expect(amountText(1200, readCurrency('JPY'))).toBe('1200 JPY');
  });
});

test('a price may be finer than a cent, to a millionth, and is never 0', () => {
  expect(readPrice(0.125, 'cpc')).toBe(0.125);
  expect(readPrice('0.000001', 'cpc')).toBe(0.000001);
  expect(() => readPrice('0.0000001', 'cpc')).toThrow('at most 6 decimals');
  expect(() => readPrice(0, 'cpc')).toThrow('a number greater than 0');
});

test('a currency is one of ISO 4217', () => {
  expect(readCurrency('KWD')).toEqual({ code: 'KWD', digits: 3 });
  expect(() => readCurrency('euro')).toThrow('currency is "euro"');
});

describe('a split', () => {
  it('gives the units left to the largest remainders', () => {
    expect(splitAmount(100, [1, 1, 1])).toEqual([34, 33, 33]);
    expect(splitAmount(10, [6, 3, 1])).toEqual([6, 3, 1]);
    expect(splitAmount(7, [0.55, 0.15, 0.3])).toEqual([4, 1, 2]);
  });

  it('sums to the whole, and nobody is a unit away from the exact share', () => {
    const weights = fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e9 }), weights, (total, parts) => {
        const shares = splitAmount(total, parts);
        const all = parts.reduce((sum, part) => sum + part, 0);
        expect(shares.reduce((sum, share) => sum + share, 0)).toBe(total);
        shares.forEach((share, i) =>
          expect(Math.abs(share - (total * parts[i]) / all)).toBeLessThan(1),
        );
      }),
    );
  });
});
