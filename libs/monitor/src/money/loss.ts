import type { FactorInterval } from '../sequential/evidence.js';

/** Clicks and money, from below, at best estimate and from above. */
export interface Range {
  readonly value: number;
  readonly lower: number;
  /** Null: without bound. */
  readonly upper: number | null;
}

/** What a segment brought beyond what was predicted; below 0 it was lost. */
export interface Gain {
  /** Observed minus expected clicks, and the interval of what its factor makes of them. */
  readonly clicks: Range;
  /** Null where nobody said what a click is worth. */
  readonly money: Range | null;
}

export interface Worth {
  readonly clicks: number;
  readonly expected: number;
  /** Of the clicks of cells that are priced. */
  readonly clicksWorth: number;
  readonly expectedWorth: number;
  /** Whether any cell is. */
  readonly isPriced: boolean;
}

/**
 * What a miscalibrated segment costs or brings: its clicks beyond those expected, at their price. The
 * interval is that of its factor: as sure, and as often looked at. Where clicks of different prices were missed
 * by different factors, it is widened to hold the money that was counted.
 */
export function gainOf(worth: Worth, { lower, upper }: FactorInterval): Gain {
  const range = (came: number, expected: number): Range => {
    const value = came - expected;
    return {
      value,
      lower: Math.min(value, (lower - 1) * expected),
      upper: upper === null ? null : Math.max(value, (upper - 1) * expected),
    };
  };
  return {
    clicks: range(worth.clicks, worth.expected),
    money: worth.isPriced ? range(worth.clicksWorth, worth.expectedWorth) : null,
  };
}
