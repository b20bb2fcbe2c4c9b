import { numberText } from '../figures.js';
import type { FactorInterval } from '../sequential/evidence.js';

/** From here on a share is told without decimals. */
const WHOLE_FROM = 9.95;

function percent(share: number): string {
  const value = 100 * share;
  return Math.abs(value) >= WHOLE_FROM ? numberText(Math.round(value)) : value.toFixed(1);
}

/** More than twice the expected is told as a multiple. */
const MULTIPLE_FROM = 2;

/**
 * A miss in words: `15 % fewer clicks than expected (9 to 21 %)`. Of an interval that holds 1 the far side
 * is told below 0.
 */
export function missInWords({ factor, lower, upper }: FactorInterval): string {
  if (factor === null) return 'nothing was expected';
  if (factor >= MULTIPLE_FROM) {
    const times = (value: number): string => value.toFixed(1);
    const range =
      upper === null ? `at least ${times(lower)}` : `${times(lower)} to ${times(upper)}`;
    return `${times(factor)} times the clicks expected (${range} times)`;
  }
  if (factor >= 1) {
    const most = upper === null ? 'any' : percent(upper - 1);
    return `${percent(factor - 1)} % more clicks than expected (${percent(lower - 1)} to ${most} %)`;
  }
  const least = upper === null ? 'any' : percent(1 - upper);
  return `${percent(1 - factor)} % fewer clicks than expected (${least} to ${percent(1 - lower)} %)`;
}
