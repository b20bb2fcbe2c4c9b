import { DatagenError, generate, trueCtr, type GenerateOptions } from '../src/index.js';

const october = { from: '2026-10-01', days: 4 } as const;

test('records of a period are spread over its days evenly, in order, and are otherwise the same', () => {
  const { columns } = generate({ rows: 1000, ...october });
  const { day, ...others } = columns;
  const counts = new Map<string, number>();
  for (const one of day as string[]) counts.set(one, (counts.get(one) ?? 0) + 1);
  expect(Array.from(counts)).toEqual([
    ['2026-10-01', 250],
    ['2026-10-02', 250],
    ['2026-10-03', 250],
    ['2026-10-04', 250],
  ]);
  expect(day).toEqual((day as string[]).toSorted());
  expect(others).toEqual(generate({ rows: 1000 }).columns);
});

test('a change moves the true CTR of its records from its day on, and no other', () => {
  const change = {
    feature: 'device_type',
    value: 'mobile',
    factor: 0.85,
    on: '2026-10-03',
  } as const;
  const { columns } = generate({ rows: 2000, ...october, change });
  for (let i = 0; i < 2000; i++) {
    const record = {
      impressions: columns.impressions[i],
      ad_position: columns.ad_position[i],
      device_type: columns.device_type[i],
      budget: columns.budget[i],
    };
    const changed = record.device_type === 'mobile' && columns.day[i]! >= '2026-10-03';
    expect(columns.true_ctr[i]).toBeCloseTo(trueCtr(record) * (changed ? 0.85 : 1), 12);
  }
});

test('a later part of a longer table has days of its own', () => {
  const { columns } = generate({ rows: 100, skip: 5000, from: '2026-11-01', days: 2 });
  expect(new Set(columns.day as string[])).toEqual(new Set(['2026-11-01', '2026-11-02']));
});

test.each<[GenerateOptions, string]>([
  [{ days: 3 }, 'days is 3, wanted nothing where there is no from'],
  [{ from: '2026-02-30' }, 'from is "2026-02-30", wanted a day such as 2026-10-01'],
  [{ from: 'today' }, 'from is "today", wanted a day such as 2026-10-01'],
  [{ from: '2026-10-01', days: 0 }, 'days is 0, wanted an integer from 1 to 3660'],
  [{ from: '2026-10-01', profile: 'words' }, 'records of words have days of their own'],
  [
    { ...october, change: { feature: 'device_type', value: 'tv', factor: 1, on: '2026-10-02' } },
    'change.value is "tv", wanted one of mobile, desktop, tablet',
  ],
  [
    { ...october, change: { feature: 'ad_position', value: 1, factor: 0, on: '2026-10-02' } },
    'change.factor is 0, wanted above 0 and at most 10',
  ],
  [
    { ...october, change: { feature: 'ad_position', value: 1, factor: 2, on: 'soon' } },
    'change.on is "soon", wanted a day such as 2026-10-01',
  ],
  [
    {
      ...october,
      change: { feature: 'budget' as 'ad_position', value: 1, factor: 2, on: '2026-10-02' },
    },
    'change.feature is "budget", wanted device_type or ad_position',
  ],
])('refuses %p', (options, message) => {
  expect(() => generate(options)).toThrow(DatagenError);
  expect(() => generate(options)).toThrow(message);
});
