import { effectiveness, monitor } from '../../src/index.js';
import { traffic } from '../cells.js';

test('a factor is clicks over expected clicks everywhere, and lies in its interval', async () => {
  // A day of twenty times the traffic, and 30 % more clicks, says no more than another day.
  const pages = traffic('promotion', { days: 28, expected: 100 }).map((page, day) =>
    page.map((cell) => {
      const times = day === 20 ? 20 : 1;
      const clicks = Math.round(cell.clicks * times * (day === 20 ? 1.3 : 1));
      const impressions = cell.impressions * times;
      return { ...cell, impressions, predicted: cell.predicted * times, clicks };
    }),
  );
  const report = await monitor(pages);
  const effects = await effectiveness(pages);
  const told = [
    ...[report.overall, ...report.by_model, ...report.by_day, ...report.segments],
    ...[effects.overall, ...effects.campaigns, ...effects.placements, ...effects.days],
  ];
  for (const { clicks, expected, factor, lower, upper } of told) {
    expect(factor).toBeCloseTo(clicks / expected, 12);
    expect(lower).toBeLessThanOrEqual(factor!);
    expect(upper).toBeGreaterThanOrEqual(factor!);
  }
  expect(report.overall.factor).toBeGreaterThan(1.1);
  expect(effects.overall.factor).toBe(report.overall.factor);
});

test('a miss that grew with the traffic is told as counted, within its interval', async () => {
  const pages = traffic('growing miss', { days: 28, expected: 100, wrong: () => 0.7 }).map(
    (page, day) =>
      page.map((cell) => {
        const times = day === 20 ? 50 : 1;
        const clicks = Math.round(cell.clicks * times * (day === 20 ? 0.5 : 1));
        const impressions = cell.impressions * times;
        return { ...cell, impressions, predicted: cell.predicted * times, clicks };
      }),
  );
  const { causes } = await monitor(pages, { prices: { cpc: 1 } });
  expect(causes.map(({ segment }) => segment)).toEqual(['all traffic']);
  const [{ clicks, expected, factor, lower, upper, gain, words }] = causes;
  expect(factor).toBeCloseTo(clicks / expected, 12);
  expect(words).toContain(`${Math.round(100 * (1 - clicks / expected))} % fewer`);
  for (const range of [{ value: factor!, lower, upper }, gain.clicks, gain.money!]) {
    expect(range.lower).toBeLessThanOrEqual(range.value);
    expect(range.upper).toBeGreaterThanOrEqual(range.value);
  }
});
