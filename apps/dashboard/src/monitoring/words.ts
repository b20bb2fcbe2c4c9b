/* Factors and intervals as people read them. */
import { money, number, percent } from '../shell/format.js';

/** An interval: 0.843 to 0.861; without an end where there is none. */
export function range(
  low: number | null | undefined,
  high: number | null | undefined,
  format: (value: number) => string = number,
): string {
  return `${low === null || low === undefined ? 'any' : format(low)} to ${high === null || high === undefined ? 'any' : format(high)}`;
}

export const three = (value: number | null | undefined): string => number(value, 3);

export interface Factor {
  readonly factor: number | null;
  readonly lower: number;
  readonly upper: number | null;
}

/** 0.85 (0.84 to 0.86). */
export function factorWords({ factor, lower, upper }: Factor): string {
  return factor === null ? '–' : `${three(factor)} (${range(lower, upper, three)})`;
}

/** 15 % fewer clicks than expected. */
export function missWords(factor: number | null): string {
  if (factor === null) return 'nothing was expected';
  const miss = Math.abs(factor - 1);
  if (miss < 0.0005) return 'as many clicks as expected';
  return `${percent(miss, 2)} ${factor < 1 ? 'fewer' : 'more'} clicks than expected`;
}

/** Whether an interval leaves out that all is as expected. */
export const isOff = ({ lower, upper }: Pick<Factor, 'lower' | 'upper'>): boolean =>
  lower > 1 || (upper !== null && upper < 1);

/** Money gained or lost. */
export function gainWords(value: number | null | undefined): string {
  if (value === null || value === undefined) return 'unknown';
  return value < 0 ? `${money(-value)} lost` : `${money(value)} gained`;
}

interface Worth {
  readonly value: number;
  readonly lower: number;
  readonly upper: number | null;
}

/** Money gained or lost, with its interval: 3,222.10 lost (3,024.00 to 3,420.00). */
export function worthWords({ value, lower, upper }: Worth): string {
  if (value >= 0) return `${gainWords(value)} (${range(lower, upper, money)})`;
  return `${gainWords(value)} (${range(upper === null ? null : -upper, -lower, money)})`;
}
