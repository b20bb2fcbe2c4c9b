/*
 * Money without drift. An amount is a whole number of the currency's minor units (cents, yen), so
 * sums are exact; it is read from decimals digit by digit and never multiplied as a fraction.
 *
 * A price (what a click or a thousand impressions cost) is a rate, not an amount: it may be finer
 * than a cent, to a millionth, as ad platforms quote it, and is never added up.
 */
import { numberWords, shown } from '@adscale/ctr';
import { DecisionError } from '../errors.js';
import { refuse } from '../request.js';

/** A currency of ISO 4217 and how many decimals its amounts have. */
export interface Currency {
  readonly code: string;
  readonly digits: number;
}

/** Larger amounts, in the currency's unit, are mistakes; all their minor units are safe integers. */
export const MAX_AMOUNT = 1e12;

const MAX_PRICE = 1e9;
const PRICE_DIGITS = 6;
const PRICE = { exclusiveMinimum: 0, maximum: MAX_PRICE };
const DECIMAL = /^(\d+)(?:\.(\d+))?$/;

const known = new Set(Intl.supportedValuesOf('currency'));
const digitsOf = new Map<string, number>();

/** @param value a code of ISO 4217; absent: USD */
export function readCurrency(value: unknown, path = 'currency'): Currency {
  if (value === undefined) return readCurrency('USD');
  if (typeof value !== 'string' || !known.has(value)) {
    refuse(path, value, 'a currency code of ISO 4217, such as USD');
  }
  let digits = digitsOf.get(value);
  if (digits === undefined) {
    const format = new Intl.NumberFormat('en', { style: 'currency', currency: value });
    digits = format.resolvedOptions().maximumFractionDigits ?? 2;
    digitsOf.set(value, digits);
  }
  return { code: value, digits };
}

/**
 * An amount in minor units from a decimal number or its text.
 * @throws DecisionError AMOUNT_INVALID if it is negative, too large or has more decimals than the
 * currency
 */
export function readAmount(value: unknown, currency: Currency, path: string): number {
  const { code, digits } = currency;
  const [whole, fraction] = decimalsOf(value, path);
  if (fraction.length > digits) {
    const wanted = digits === 0 ? 'no decimals' : `at most ${digits} decimals`;
    throw invalid(path, value, `${wanted} in ${code}`);
  }
  const minor = Number(whole + fraction.padEnd(digits, '0'));
  if (!(minor <= MAX_AMOUNT * 10 ** digits && Number.isSafeInteger(minor))) {
    throw invalid(path, value, `at most ${MAX_AMOUNT}`);
  }
  return minor;
}

/**
 * A price in the currency's unit from a decimal number or its text.
 * @throws DecisionError AMOUNT_INVALID if it is not above 0 or finer than a millionth
 */
export function readPrice(value: unknown, path: string): number {
  const [whole, fraction] = decimalsOf(value, path);
  if (fraction.length > PRICE_DIGITS) {
    throw invalid(path, value, `at most ${PRICE_DIGITS} decimals`);
  }
  const price = Number(`${whole}.${fraction}`);
  if (!(price > 0 && price <= MAX_PRICE)) throw invalid(path, value, numberWords(PRICE));
  return price;
}

/** Minor units as a decimal number: the double nearest to it, which prints as it. */
export function toDecimal(minor: number, { digits }: Currency): number {
  return minor / 10 ** digits;
}

/** An estimate in the currency's unit, rounded to its minor units. */
export function toMinor(value: number, { digits }: Currency): number {
  return Math.round(value * 10 ** digits);
}

/** An estimated price: two decimals finer than amounts. */
export function roundPrice(value: number, { digits }: Currency): number {
  const unit = 10 ** (digits + 2);
  return Math.round(value * unit) / unit;
}

/** An amount as a person reads it, such as `1200.50 EUR`. */
export function amountText(minor: number, currency: Currency): string {
  return `${toDecimal(minor, currency).toFixed(currency.digits)} ${currency.code}`;
}

/**
 * Splits a whole number in proportion to weights, to the unit: everyone gets the share rounded
 * down, and the units left go to the largest remainders (Hamilton's method), ties to the first.
 * @param weights ≥ 0, not all 0
 */
export function splitAmount(total: number, weights: readonly number[]): number[] {
  const sum = weights.reduce((all, weight) => all + weight, 0);
  const exact = weights.map((weight) => (total * weight) / sum);
  const shares = exact.map(Math.floor);
  let left = total - shares.reduce((all, share) => all + share, 0);
  const order = [...weights.keys()].sort(
    (a, b) => exact[b] - shares[b] - (exact[a] - shares[a]) || a - b,
  );
  for (const place of order) {
    if (left <= 0) break;
    shares[place]++;
    left--;
  }
  return shares;
}

/** The digits before and after the point of a number ≥ 0. */
function decimalsOf(value: unknown, path: string): [whole: string, fraction: string] {
  const text = typeof value === 'number' ? String(value) : value;
  const parts = typeof text === 'string' ? DECIMAL.exec(text) : null;
  if (parts === null) throw invalid(path, value, 'a decimal number ≥ 0, such as 12.5 or "12.50"');
  return [parts[1], parts[2] ?? ''];
}

function invalid(path: string, value: unknown, wanted: string): DecisionError {
  return new DecisionError('AMOUNT_INVALID', `${path} is ${shown(value)}, wanted ${wanted}`, path);
}
