import type { GrowthRow } from '../store/outcome-tables.js';
import { ageAt } from './days.js';

/** What was told of a key once. */
export interface Figure {
  readonly impressions: number;
  readonly clicks: number;
  /** Until when it counts: milliseconds since 1970. */
  readonly until: number;
}

/**
 * A key's figures with one more, in its place: behind those that count until no later, so that of two
 * alike the one that came later is the newer.
 * @param figures the newest last
 */
export function placed(figures: readonly Figure[], figure: Figure): Figure[] {
  const at = figures.findLastIndex(({ until }) => until <= figure.until) + 1;
  return figures.toSpliced(at, 0, figure);
}

/** What a figure adds to the growth of its day. */
type Grown = Omit<GrowthRow, 'day' | 'segment'>;

/**
 * What a key's figures say of how its day grows: the first one is no growth, each other one adds what
 * it changed.
 * @param figures the newest last
 */
export function growingOf(day: string, figures: readonly Figure[]): Grown[] {
  return figures.map(({ impressions, clicks, until }, i) => {
    const age = ageAt(day, until);
    const before = figures[i - 1];
    if (before === undefined) {
      const first = { first_keys: 1, first_impressions: impressions, first_clicks: clicks };
      return { age, ...first, more_impressions: 0, more_clicks: 0 };
    }
    const more_impressions = impressions - before.impressions;
    const more_clicks = clicks - before.clicks;
    return {
      ...{ age, first_keys: 0, first_impressions: 0, first_clicks: 0 },
      ...{ more_impressions, more_clicks },
    };
  });
}
