import {
  learnGrowth,
  matureAge,
  matureShare,
  MonitorError,
  type GrowthRow,
} from '../../src/index.js';
import { dayText } from '../../src/days.js';
import { chance } from '../chance.js';

const none = { first_impressions: 0, first_clicks: 0, more_impressions: 0, more_clicks: 0 };
const first = (day: string, age: number, impressions: number, clicks: number): GrowthRow => ({
  ...none,
  ...{ day, age, first_impressions: impressions, first_clicks: clicks },
});
const more = (day: string, age: number, impressions: number, clicks: number): GrowthRow => ({
  ...none,
  ...{ day, age, more_impressions: impressions, more_clicks: clicks },
});

test('factors are those of the chain ladder', () => {
  const growth = learnGrowth(
    [
      first('2026-03-01', 0, 1000, 10),
      more('2026-03-01', 1, 0, 5),
      more('2026-03-01', 2, 0, 3),
      first('2026-03-02', 0, 1000, 30),
      more('2026-03-02', 1, 100, 5),
      first('2026-03-03', 0, 1000, 20),
    ],
    '2026-03-03',
  );
  // Clicks: 40 became 50 from age 0 to 1; 15 became 18 from 1 to 2.
  expect(matureShare(growth, 0).share).toBeCloseTo((40 / 50) * (15 / 18), 12);
  expect(matureShare(growth, 1).share).toBeCloseTo(15 / 18, 12);
  expect(matureShare(growth, 2)).toEqual({ share: 1, lower: 1, upper: 1 });
  expect(matureShare(growth, 0, null, { of: 'impressions' }).share).toBeCloseTo(2000 / 2100, 12);
  expect(matureAge(growth)).toBe(2);
});

test('keys that were told once hold growth down, and a delivery of old days is none', () => {
  const rows = [
    first('2026-03-01', 0, 1000, 10),
    more('2026-03-01', 1, 0, 10),
    // Ten times as many, never restated, and delivered when the day was old.
    first('2026-03-01', 1, 10_000, 100),
    first('2026-03-02', 0, 1000, 10),
  ];
  const growth = learnGrowth(rows, '2026-03-05');
  expect(matureShare(growth, 0).share).toBeCloseTo(20 / 30, 12);
  expect(matureShare(growth, 1).share).toBe(1);
});

test('nothing told is nothing known, and taken for mature', () => {
  const growth = learnGrowth([], '2026-03-05');
  expect(growth.overall.days).toBe(0);
  expect(matureShare(growth, 0)).toEqual({ share: 1, lower: 1, upper: 1 });
  expect(matureAge(growth)).toBe(0);
});

/** Days whose clicks come over three days; mobile's come later. */
function triangle(seed: string, days: number, sizes: Readonly<Record<string, number>>) {
  const { poisson, factor } = chance(seed);
  const rows: GrowthRow[] = [];
  const truth: Record<string, readonly number[]> = {
    mobile: [0.5, 0.3, 0.2],
    desktop: [0.8, 0.15, 0.05],
  };
  for (const [segment, size] of Object.entries(sizes)) {
    for (let d = 0; d < days; d++) {
      const day = dayText(20_000 + d);
      (truth[segment] ?? truth.desktop).forEach((share, age) => {
        const clicks = poisson(size * share * factor(0.01));
        const made = age === 0 ? first(day, 0, 50 * size, clicks) : more(day, age, 0, clicks);
        rows.push({ ...made, segment });
      });
    }
  }
  return { rows, asOf: dayText(20_000 + days - 1) };
}

test('segments grow in their own way where there is enough, and like all where there is not', () => {
  const { rows, asOf } = triangle('segments', 40, { mobile: 2000, desktop: 2000, tiny: 0.5 });
  const growth = learnGrowth(rows, asOf);
  expect(matureShare(growth, 0, 'mobile').share).toBeCloseTo(0.5, 1);
  expect(matureShare(growth, 0, 'desktop').share).toBeCloseTo(0.8, 1);
  const overall = matureShare(growth, 0).share;
  expect(Math.abs(matureShare(growth, 0, 'tiny').share / overall - 1)).toBeLessThan(0.2);
  expect(matureShare(growth, 0, 'never heard of').share).toBe(overall);
});

test('the interval holds what a new day comes to in about 95 % of days', () => {
  let [held, all] = [0, 0];
  for (let run = 0; run < 150; run++) {
    const { rows, asOf } = triangle(`interval ${run}`, 25, { desktop: 1500 });
    const learned = learnGrowth(
      rows.filter(({ day }) => day < '2024-10-25'),
      asOf,
    );
    const last = rows.filter(({ day }) => day === '2024-10-25');
    const [now, later] = [last[0].first_clicks, last[1].more_clicks + last[2].more_clicks];
    const { lower, upper } = matureShare(learned, 0);
    const share = now / (now + later);
    held += +(lower <= share && share <= upper);
    all++;
  }
  expect(held / all).toBeGreaterThan(0.89);
  expect(held / all).toBeLessThan(0.995);
});

test('the order of rows does not matter', () => {
  const { rows, asOf } = triangle('order', 10, { mobile: 50, desktop: 70 });
  const sorted = (growth: ReturnType<typeof learnGrowth>) => matureShare(growth, 0, 'mobile').share;
  expect(sorted(learnGrowth(rows.toReversed(), asOf))).toBeCloseTo(
    sorted(learnGrowth(rows, asOf)),
    12,
  );
});

test.each([
  [{ age: -1 }, 'age is -1, and must be whole days, 0 or more'],
  [{ first_clicks: -2 }, 'first_clicks is -2, and must be 0 or more'],
  [{ more_impressions: NaN }, 'more_impressions is NaN, and must be a number'],
  [{ day: '2026-02-30' }, 'day is "2026-02-30", and must be a day such as 2026-03-01'],
])('a row with %j is refused by name', (wrong, message) => {
  const row = { ...first('2026-03-01', 0, 1, 1), ...wrong };
  expect(() => learnGrowth([row], '2026-03-02')).toThrow(message);
  expect(() => learnGrowth([row], '2026-03-02')).toThrow(MonitorError);
});
