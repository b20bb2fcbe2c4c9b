import { effectiveness } from '../../src/index.js';
import { cellOf, traffic } from '../cells.js';

test('campaigns, placements and days are told against what was expected', async () => {
  const pages = traffic('effect', { days: 14 }).map((page) =>
    page.map((cell) => ({
      ...cell,
      clicks: Math.round(cell.clicks * (cell.campaign === 'spring' ? 1.3 : 1)),
      spend: cell.campaign === 'autumn' ? undefined : 8,
    })),
  );
  const report = await effectiveness(pages);
  expect(report.campaigns.map(({ value }) => value)).toEqual(['spring', 'summer', 'autumn']);
  const [spring, , autumn] = report.campaigns;
  expect(spring.ctr).toBeCloseTo(spring.clicks / spring.impressions, 12);
  expect(spring.factor).toBeCloseTo(1.3, 1);
  expect(spring.lower).toBeGreaterThan(1);
  expect(spring.cpc).toBeCloseTo(spring.spend! / spring.clicks, 12);
  expect([autumn.spend, autumn.cpc]).toEqual([null, null]);
  expect(report.best[0]).toMatchObject({ kind: 'campaign', value: 'spring' });
  expect(report.placements.map(({ value }) => value)).toEqual(['(none)']);
  expect(report.days).toHaveLength(14);
  expect(report.days[0].value).toBe('2026-03-01');
});

test('what changed since the week before is split into mix and rate', async () => {
  const pages = traffic('weeks', {
    days: 14,
    expected: 400,
    wrong: ({ device_type }, day) => (day >= 7 && device_type === 'mobile' ? 0.7 : 1),
  });
  const { change } = await effectiveness(pages);
  expect(change!.before).toEqual(['2026-03-01', '2026-03-07']);
  expect(change!.after).toEqual(['2026-03-08', '2026-03-14']);
  const { mix, rate, change: all, parts } = change!.by.device_type;
  expect(mix + rate).toBeCloseTo(all, 12);
  expect(parts[0].value).toBe('mobile');
  expect(Math.abs(rate)).toBeGreaterThan(20 * Math.abs(mix));
  expect(change!.words.find((words) => words.includes('by device_type'))).toMatch(
    /^CTR fell from 2 % to 1\.\d+ %: by device_type, -0\.\d+ points since .* \(most: mobile\)/,
  );
});

test('of a single week, and of nothing, no change is told', async () => {
  expect((await effectiveness(traffic('one', { days: 5 }))).change).toBeNull();
  const none = await effectiveness([]);
  expect(none).toMatchObject({ from: null, campaigns: [], days: [], best: [], change: null });
  expect(none.overall).toMatchObject({ impressions: 0, ctr: null, factor: null, spend: null });
});

test('three impressions are not the best campaign', async () => {
  const lucky = cellOf({ campaign: 'lucky', impressions: 3, clicks: 1, predicted: 0.06 });
  const pages = traffic('lucky', { days: 14 });
  const alike = await effectiveness([...pages, [lucky]]);
  for (const { shrunk_factor } of alike.best) expect(shrunk_factor).toBeLessThan(1.03);
  const better = pages.map((page) =>
    page.map((cell) =>
      cell.campaign === 'summer' ? { ...cell, clicks: Math.round(1.3 * cell.clicks) } : cell,
    ),
  );
  const { best } = await effectiveness([...better, [lucky]]);
  expect(best[0].value).toBe('summer');
  expect(best.find(({ value }) => value === 'lucky')?.shrunk_factor ?? 1).toBeLessThan(1.2);
});
