import { learnGrowth, monitor, MonitorError, type OutcomeCell } from '../../src/index.js';
import { cellOf, traffic } from '../cells.js';

const drifting = traffic('drift', {
  days: 40,
  wrong: ({ device_type }, day) => (device_type === 'mobile' && day >= 20 ? 0.8 : 1),
});

test('a device that drifts is named once, with day, size and what it explains', async () => {
  const report = await monitor(drifting, { prices: { cpc: 2 } });
  expect(report.causes).toHaveLength(1);
  const [cause] = report.causes;
  expect(cause.segment).toBe('device_type = mobile');
  expect(cause.parts).toEqual([{ feature: 'device_type', value: 'mobile' }]);
  expect(['2026-03-20', '2026-03-21', '2026-03-22']).toContain(cause.since);
  expect(cause.lower).toBeLessThan(0.8);
  expect(cause.upper).toBeGreaterThan(0.8);
  expect(cause.upper).toBeLessThan(0.95);
  expect(cause.words).toMatch(
    /^device_type = mobile: 2\d % fewer clicks than expected \(.*\) since 2026-03-2\d$/,
  );
  expect(cause.explains).toContain('all traffic');
  expect(report.explained.every(({ because_of }) => because_of === cause.segment)).toBe(true);
  expect(cause.gain.money!.value).toBeCloseTo(2 * (cause.clicks - cause.expected), 6);
  expect(report.warnings[0]).toContain(cause.words);
});

test('the order of cells, and how they come in pages, changes nothing', async () => {
  const flat = drifting.flat();
  async function* one(): AsyncGenerator<OutcomeCell[]> {
    for (const cell of flat.toReversed()) yield [cell];
  }
  const [a, b] = [await monitor(drifting), await monitor(one())];
  expect(b.causes.map(({ words }) => words)).toEqual(a.causes.map(({ words }) => words));
  expect(b.overall.clicks).toBe(a.overall.clicks);
  expect(b.overall.lower).toBeCloseTo(a.overall.lower, 9);
});

test('two causes at once are both named', async () => {
  const pages = traffic('two', {
    days: 40,
    wrong: ({ device_type, ad_position }) =>
      (device_type === 'tablet' ? 1.3 : 1) * (ad_position === 3 ? 0.75 : 1),
  });
  const { causes } = await monitor(pages);
  const named = causes.map(({ segment }) => segment).sort();
  expect(named).toEqual(['ad_position = 3', 'device_type = tablet']);
});

test('what is wrong only together is named as a pair', async () => {
  const pages = traffic('pair', {
    days: 40,
    wrong: ({ device_type, ad_position }) =>
      device_type === 'mobile' && ad_position === 1 ? 0.6 : 1,
  });
  const { causes } = await monitor(pages);
  expect(causes.map(({ segment }) => segment)).toEqual([
    'device_type = mobile and ad_position = 1',
  ]);
});

test('a part that is only a little surer than the whole is not named for it', async () => {
  for (let run = 0; run < 6; run++) {
    // One in forty of the device's impressions is of another system, and luckier than the rest.
    const pages = traffic(`part ${run}`, {
      days: 15,
      wrong: ({ device_type }) => (device_type === 'mobile' ? 0.8 : 1),
    }).map((page) =>
      page.flatMap((cell) => {
        const usual = { ...cell, record: { ...cell.record, os: 'a' } };
        const rare = { ...cell, record: { ...cell.record, os: 'b' }, predicted: 1, clicks: 1 };
        return [usual, rare];
      }),
    );
    const { causes } = await monitor(pages);
    expect(causes.map(({ segment }) => segment)).toEqual(['device_type = mobile']);
  }
});

test('a model that is wrong everywhere is named as a whole', async () => {
  const { causes, overall } = await monitor(traffic('all', { days: 30, wrong: () => 0.8 }));
  expect(causes.map(({ segment }) => segment)).toEqual(['all traffic']);
  expect(overall.log_e_value).toBeGreaterThan(Math.log(20));
});

test('a miss within the tolerance is none, however large the traffic', async () => {
  const pages = traffic('tolerated', { days: 20, expected: 20_000, wrong: () => 0.99 });
  const tolerant = await monitor(pages, { day_variance: 0 });
  expect(tolerant.causes).toEqual([]);
  expect(tolerant.overall.upper).toBeLessThan(1);
  const strict = await monitor(pages, { day_variance: 0, tolerance: 0 });
  expect(strict.causes.map(({ segment }) => segment)).toEqual(['all traffic']);
});

test('quiet traffic, looked at every day, is left in peace', async () => {
  let alarms = 0;
  for (let month = 0; month < 20; month++) {
    const pages = traffic(`quiet ${month}`, { days: 14 });
    let alarmed = false;
    for (let day = 1; day <= pages.length; day++) {
      alarmed ||= (await monitor(pages.slice(0, day))).causes.length > 0;
    }
    alarms += +alarmed;
  }
  expect(alarms).toBeLessThanOrEqual(1);
});

test('no cells are a report of nothing', async () => {
  const report = await monitor([]);
  expect(report).toMatchObject({ from: null, to: null, cells: 0, model_version: null });
  expect(report).toMatchObject({ causes: [], segments: [], signs: [], warnings: [], by_day: [] });
  expect(report.overall).toMatchObject({ clicks: 0, factor: null, lower: 0, upper: null });
  expect(report.overall.log_e_value).toBe(0);
});

test('one cell is judged by itself, and one without a forecast only counted', async () => {
  const one = await monitor([[cellOf({ clicks: 10, predicted: 12, record: { a: 'x' } })]]);
  expect(one.overall.factor).toBeCloseTo(10 / 12, 12);
  expect(one.segments.map(({ segment }) => segment)).toEqual(['all traffic']);
  const blind = await monitor([[cellOf({ clicks: 10 })]]);
  expect(blind.overall).toMatchObject({ clicks: 10, expected: 0, factor: null });
  expect(JSON.parse(JSON.stringify(blind))).toEqual(blind);
});

test('versions are judged apart, and segments are those of the one that serves now', async () => {
  const pages = [
    ...traffic('v1', { days: 10, wrong: () => 0.5 }),
    ...traffic('v2', { days: 12 }).map((page) => page.map((cell) => ({ ...cell, model: 'v2' }))),
  ];
  const report = await monitor(pages);
  expect(report.model_version).toBe('v2');
  expect(report.causes).toEqual([]);
  const factors = Object.fromEntries(
    report.by_model.map((one) => [one.model_version, one.factor!]),
  );
  expect(factors.v1).toBeCloseTo(0.5, 1);
  expect(factors.v2).toBeCloseTo(1, 1);
  expect((await monitor(pages, { model: 'v1' })).causes[0].segment).toBe('all traffic');
});

/** A day has 80 % of its clicks at first, and all of them after two days. */
const growth = learnGrowth(
  Array.from({ length: 20 }, (_, i) => `2026-02-${String(i + 1).padStart(2, '0')}`).flatMap(
    (day) => [
      {
        day,
        age: 0,
        first_impressions: 1e5,
        first_clicks: 800,
        more_impressions: 0,
        more_clicks: 0,
      },
      { day, age: 2, first_impressions: 0, first_clicks: 0, more_impressions: 0, more_clicks: 200 },
    ],
  ),
  '2026-03-20',
);

test('young days are corrected, or left out, as the reader asks', async () => {
  const pages = traffic('young', { days: 20, wrong: (_, day) => (day >= 18 ? 0.8 : 1) });
  const naive = await monitor(pages);
  const corrected = await monitor(pages, { growth });
  const without = await monitor(pages, { growth, young: 'leave-out' });
  const last = (report: typeof naive) => report.by_day.at(-1)!;
  expect(last(naive).factor).toBeCloseTo(0.8, 1);
  expect(last(corrected)).toMatchObject({ day: '2026-03-20' });
  expect(last(corrected).factor).toBeCloseTo(1, 1);
  expect(last(without).day).toBe('2026-03-18');
  expect(without.left_out).toEqual({ days: 2, impressions: 2 * 36 * 2000 });
  expect(without.warnings.join()).toContain('2 days are too young to judge');
});

test('what was told of a day today is a day older than what was not, and today is judged', async () => {
  // The day is of age 1 by what was told until yesterday; this morning's delivery brought all of its clicks.
  const day = (told: Partial<OutcomeCell>) =>
    monitor([[cellOf({ day: '2026-03-19', impressions: 1e5, predicted: 1000, ...told })]], {
      growth,
    });
  expect((await day({ clicks: 800 })).overall.factor).toBeCloseTo(1, 9);
  expect((await day({ clicks: 1000, fresh: 1e5 })).overall.factor).toBeCloseTo(1, 9);
  expect((await day({ clicks: 900, fresh: 5e4 })).overall.factor).toBeCloseTo(1, 9);
  // The day after the last one whose deliveries are in.
  const today = { day: '2026-03-21', clicks: 400, predicted: 500, impressions: 5e4, fresh: 5e4 };
  expect((await day(today)).overall.factor).toBeCloseTo(1, 9);
  const without = await monitor([[cellOf(today)]], { growth, young: 'leave-out' });
  expect(without.left_out).toEqual({ days: 1, impressions: 5e4 });
  expect(without.warnings).toEqual([
    'one day is too young to judge: its 50,000 impressions are left out',
  ]);
});

test('where nothing is known of growth, today is taken as it is, and that is said', async () => {
  const told = cellOf({ day: '2026-03-21', predicted: 100, clicks: 1, fresh: 1000 });
  const unknown = { growth: learnGrowth([], '2026-03-20') };
  const report = await monitor([[told]], unknown);
  expect(report.overall).toMatchObject({ impressions: 1000, factor: 0.01 });
  expect(report.left_out.days).toBe(0);
  expect(report.warnings).toContain(
    'how counts grow is not known yet: young days are taken as they are',
  );
  const without = await monitor([[told]], { ...unknown, young: 'leave-out' });
  expect(without.warnings).toEqual([
    'one day is too young to judge: its 1,000 impressions are left out',
  ]);
});

test('while days still grow at the oldest age that was watched, young ones are left out', async () => {
  const rows = ['2026-03-01', '2026-03-02', '2026-03-03'].map((day) => [
    {
      ...{ day, age: 0 },
      first_impressions: 1e5,
      first_clicks: 600,
      more_impressions: 0,
      more_clicks: 0,
    },
    {
      ...{ day, age: 1 },
      first_impressions: 0,
      first_clicks: 0,
      more_impressions: 0,
      more_clicks: 250,
    },
  ]);
  const pages = traffic('early', { days: 2, wrong: () => 0.6 });
  const early = learnGrowth(rows.flat(), '2026-03-02');
  const report = await monitor(pages, { growth: early });
  expect(report.left_out.days).toBe(2);
  expect(report.overall.impressions).toBe(0);
  // Nothing is known of growth on the first day: it is taken as it is, and said to be.
  const first = await monitor(pages.slice(0, 1), { growth: learnGrowth([], '2026-03-01') });
  expect(first.overall.impressions).toBeGreaterThan(0);
  expect(first.warnings.join()).toContain('how counts grow is not known yet');
});

test('a window is what was asked for', async () => {
  const report = await monitor(drifting, { from: '2026-03-05', to: '2026-03-10' });
  expect([report.from, report.to, report.by_day.length]).toEqual(['2026-03-05', '2026-03-10', 6]);
});

test('more cells than are kept are said to be', async () => {
  const report = await monitor(drifting, { most_cells: 500 });
  expect(report.kept_share).toBeLessThan(1);
  expect(report.overall.clicks).toBe((await monitor(drifting)).overall.clicks);
  expect(report.warnings.join()).toContain('there are too many cells');
});

test.each([
  [{ alpha: 1 }, 'alpha is 1, and must lie between 0 and 1'],
  [{ tolerance: -0.1 }, 'tolerance is -0.1, and must lie between 0 and 1'],
  [{ from: 'May' }, 'from is "May", and must be a day such as 2026-03-01'],
  [
    { from: '2026-03-02', to: '2026-03-01' },
    'from is 2026-03-02, and must not be after to, 2026-03-01',
  ],
  [{ young: 'guess' as 'correct' }, 'young is "guess", and must be "correct" or "leave-out"'],
  [{ prices: { cpc: 0 } }, 'prices.cpc is 0, and must lie between 0 and Infinity'],
  [{ day_variance: -1 }, 'day_variance is -1, and must lie between 0 and Infinity'],
])('options %j are refused by name', async (wrong, message) => {
  await expect(monitor([], wrong)).rejects.toThrow(message);
  await expect(monitor([], wrong)).rejects.toThrow(MonitorError);
});

test('a cell that cannot be is refused wherever it stands', async () => {
  await expect(monitor([[cellOf({ fresh: 1001 })]])).rejects.toThrow(
    'fresh is 1001, and must be 0 to the impressions, 1000',
  );
  await expect(monitor([[cellOf({}), cellOf({ clicks: 2000 })]])).rejects.toThrow(
    'clicks is 2000, and must be the impressions, 1000, at most',
  );
});

test('inputs that change are told before any outcome tells', async () => {
  const pages = traffic('broken', { days: 20 }).map((page, day) =>
    day < 17
      ? page
      : page.map((cell) => ({ ...cell, record: { ...cell.record, ad_position: null } })),
  );
  const { signs, warnings, reference } = await monitor(pages);
  expect(reference).toBe('2026-03-01 to 2026-03-13');
  const raised = signs
    .filter((sign) => sign.raised)
    .map(({ feature, kind }) => `${feature} ${kind}`);
  expect(raised).toContain('ad_position missing');
  expect(signs.filter((sign) => sign.raised && sign.feature !== 'ad_position')).toEqual([]);
  expect(warnings.join()).toContain('ad_position is missing in 43 % more of the impressions');
});
