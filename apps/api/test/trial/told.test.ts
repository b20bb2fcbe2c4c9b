import { learnGrowth } from '@adscale/monitor';
import { toldShare } from '../../src/trial/told.js';

const DAY_MS = 86_400_000;
const start = Date.UTC(2026, 2, 1);
const dayOf = (day: number) => new Date(start + day * DAY_MS).toISOString().slice(0, 10);
const noon = (day: number) => start + (day + 0.5) * DAY_MS;

it('without restatements, young days are not judged as a whole, and older ones are', () => {
  const nothing = learnGrowth([], dayOf(20));
  const shares = [20, 19, 18, 10].map((day) => toldShare(nothing, dayOf(day), noon(20)));
  expect(shares).toEqual([0, 0, 1, 1]);
});

it('with them, what is told of a day grows with its age as it did before', () => {
  // Of each day half of the clicks come on the day itself, and half a day later.
  const rows = Array.from({ length: 20 }, (_, day) => [
    {
      ...{ day: dayOf(day), segment: null, age: 0, first_keys: 100 },
      ...{ first_impressions: 1e6, first_clicks: 10_000, more_impressions: 0, more_clicks: 0 },
    },
    {
      ...{ day: dayOf(day), segment: null, age: 1, first_keys: 0 },
      ...{ first_impressions: 0, first_clicks: 0, more_impressions: 0, more_clicks: 10_000 },
    },
  ]).flat();
  const growth = learnGrowth(rows, dayOf(20));
  expect(toldShare(growth, dayOf(21), noon(21))).toBeCloseTo(0.5, 2);
  expect(toldShare(growth, dayOf(10), noon(21))).toBe(1);
});
