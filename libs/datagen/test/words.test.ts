import { generate, LAUNCH_DAYS, ROWS_A_DAY, trueCtr, words } from '../src/index.js';

const ROWS = 60_000;
const SEED = 5;
const { columns } = generate({ rows: ROWS, seed: SEED, profile: 'words' });
const known = words(SEED);
const levels = ['campaign', 'ad_group', 'creative'] as const;
const column = (name: string) => columns[name] as string[];
const sd = (values: readonly number[]) => {
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  return Math.sqrt(values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length);
};

test('there are 30 campaigns, 300 ad groups and 3,000 creatives, each of one parent', () => {
  expect(levels.map((level) => known[level].size)).toEqual([30, 300, 3000]);
  for (let i = 0; i < ROWS; i += 7) {
    expect(column('ad_group')[i]!.slice(0, 3)).toBe(column('campaign')[i]);
    expect(column('creative')[i]!.slice(0, 7)).toBe(column('ad_group')[i]);
    expect(known.creative.has(column('creative')[i]!)).toBe(true);
  }
});

test('effects multiply the CTR of the four inputs', () => {
  for (let i = 0; i < 500; i++) {
    const plain = trueCtr(
      {
        impressions: columns.impressions[i]!,
        ad_position: columns.ad_position[i]!,
        device_type: columns.device_type[i]!,
        budget: columns.budget[i]!,
      },
      'words',
    );
    const effect = levels.reduce(
      (all, level) => all * known[level].get(column(level)[i]!)!.effect,
      1,
    );
    expect(columns.true_ctr[i]).toBeCloseTo(plain * effect, 14);
  }
});

test.each([
  ['campaign', 0.35, 30],
  ['ad_group', 0.25, 300],
  ['creative', 0.35, 3000],
] as const)('%s effects are log-normal: mean 1, log-sd %d', (level, wanted, count) => {
  const effects = [...known[level].values()].map(({ effect }) => effect);
  expect(Math.abs(sd(effects.map(Math.log)) - wanted)).toBeLessThan(
    (4 * wanted) / Math.sqrt(2 * count),
  );
  const mean = effects.reduce((sum, x) => sum + x, 0) / count;
  expect(Math.abs(mean - 1)).toBeLessThan((5 * wanted) / Math.sqrt(count));
});

test('exposure follows Zipf: the first campaign has twice the rows of the second, three times the third', () => {
  const rows = (name: string) => column('campaign').filter((each) => each === name).length;
  const first = ROWS / Array.from({ length: 30 }, (_, k) => 1 / (k + 1)).reduce((a, b) => a + b, 0);
  ['c01', 'c02', 'c03'].forEach((name, k) => {
    const wanted = first / (k + 1);
    expect(Math.abs(rows(name) - wanted)).toBeLessThan(4 * Math.sqrt(wanted));
  });
});

test(`a day passes every ${ROWS_A_DAY} rows, and no word is shown before it is launched`, () => {
  const day = (i: number) =>
    Math.round((Date.parse(column('day')[i]!) - Date.parse('2026-01-01')) / 86_400_000);
  let early = 0;
  for (let i = 0; i < ROWS; i++) {
    if (day(i) !== Math.floor(i / ROWS_A_DAY)) early++;
    for (const level of levels) if (known[level].get(column(level)[i]!)!.launch > day(i)) early++;
  }
  expect(early).toBe(0);
});

test('creatives are launched to the last day, ad groups too, and campaigns are there at once', () => {
  const launches = (level: (typeof levels)[number]) =>
    [...known[level].values()].map(({ launch }) => launch);
  expect(launches('campaign').every((launch) => launch === 0)).toBe(true);
  for (const level of ['ad_group', 'creative'] as const) {
    expect(Math.max(...launches(level))).toBeLessThan(LAUNCH_DAYS);
    expect(launches(level).filter((day) => day >= 0.8 * LAUNCH_DAYS).length).toBeGreaterThan(
      0.03 * known[level].size,
    );
  }
});

test('the rows after the training rows share their words, and have some that these have not', () => {
  const options = { seed: SEED, profile: 'words' } as const;
  const training = generate({ ...options, rows: 40_000 });
  const later = generate({ ...options, rows: 10_000, skip: 40_000 });
  const seen = new Set(training.columns['creative'] as string[]);
  const unseen = (later.columns['creative'] as string[]).filter((name) => !seen.has(name));
  expect(unseen.length).toBeGreaterThan(0.05 * later.rows);
  expect(unseen.length).toBeLessThan(0.25 * later.rows);
  const groups = new Set(training.columns['ad_group'] as string[]);
  const newGroups = (later.columns['ad_group'] as string[]).filter((name) => !groups.has(name));
  expect(newGroups.length).toBeGreaterThan(0);
  expect(generate({ ...options, rows: 10_000, skip: 40_000 })).toEqual(later);
});
