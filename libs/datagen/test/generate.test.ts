import {
  columnNames,
  generate,
  markets,
  profiles,
  trueCtr,
  type AdTable,
  type Profile,
} from '../src/index.js';

const ROWS = 20_000;
const tables = Object.fromEntries(
  profiles.map((profile) => [profile, generate({ rows: ROWS, seed: 1, profile })]),
) as Record<Profile, AdTable>;
const { columns } = tables.realistic;

const mean = (values: ArrayLike<number>) =>
  Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;
const sd = (values: ArrayLike<number>) => {
  const m = mean(values);
  return Math.sqrt(mean(Array.from(values, (value) => (value - m) ** 2)));
};
const share = (values: readonly unknown[], wanted: unknown) =>
  values.filter((value) => value === wanted).length / values.length;
/** Four standard errors of a share over ROWS rows. */
const slack = (p: number) => 4 * Math.sqrt((p * (1 - p)) / ROWS);
const quantileOf = (values: readonly number[], x: number) =>
  values.filter((value) => value < x).length / values.length;

test('by default: 5,000 realistic rows of seed 42', () => {
  const table = generate();
  expect(table).toEqual(generate({ rows: 5000, seed: 42, profile: 'realistic' }));
  expect(table).toMatchObject({ rows: 5000, seed: 42, profile: 'realistic' });
  expect(generate({ rows: undefined, seed: undefined, profile: undefined })).toEqual(table);
});

test('the columns are named, ordered and typed as promised', () => {
  const seven = [
    'impressions',
    'ad_position',
    'device_type',
    'budget',
    'clicks',
    'ctr',
    'true_ctr',
  ];
  for (const profile of profiles) {
    const names = Object.keys(tables[profile].columns);
    expect(names).toEqual(columnNames(profile));
    expect(names.slice(0, 7)).toEqual(seven);
    expect(names.length).toBe({ wide: 27, words: 11 }[profile as string] ?? 7);
    for (const column of Object.values(tables[profile].columns)) expect(column.length).toBe(ROWS);
  }
  expect(columns.device_type).toBeInstanceOf(Array);
  expect(columns.budget).toBeInstanceOf(Float64Array);
});

test.each(profiles)('%s: the same seed gives the same rows, another seed others', (profile) => {
  const again = generate({ rows: 300, seed: 9, profile });
  expect(generate({ rows: 300, seed: 9, profile })).toEqual(again);
  expect(generate({ rows: 300, seed: 10, profile }).columns).not.toEqual(again.columns);
});

test.each(profiles.filter((profile) => profile !== 'overdispersed'))(
  '%s: fewer rows are the first of more, and skipping passes over the first',
  (profile) => {
    const few = generate({ rows: 137, seed: 1, profile }).columns;
    const later = generate({ rows: 63, seed: 1, profile, skip: 137 });
    expect(later).toMatchObject({ rows: 63, skip: 137 });
    for (const [name, column] of Object.entries(tables[profile].columns)) {
      expect(few[name]).toEqual(column.slice(0, 137));
      expect(later.columns[name]).toEqual(column.slice(137, 200));
    }
  },
);

test.each([0, 40])('overdispersed: after %d skipped, only the last row is another', (skip) => {
  const options = { seed: 1, profile: 'overdispersed', skip } as const;
  const [few, more] = [100, 200].map((rows) => generate({ ...options, rows }).columns);
  expect(few!.impressions.slice(0, 99)).toEqual(more!.impressions.slice(0, 99));
  expect(few!.true_ctr.slice(0, 99)).toEqual(more!.true_ctr.slice(0, 99));
  const total = few!.impressions.reduce((sum, n) => sum + n, 0);
  expect(few!.impressions[99]).toBe(total / 2);
});

test('one row and the extreme seeds are fine', () => {
  for (const seed of [0, -1, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER]) {
    expect(generate({ rows: 1, seed }).columns.ctr[0]).toBeGreaterThan(0);
  }
});

test.each(['realistic', 'sparse', 'drifted', 'wide'] as const)(
  '%s: the true CTR is a function of the inputs, the same that trueCtr computes',
  (profile) => {
    const table = tables[profile];
    for (let i = 0; i < 500; i++) {
      const record = Object.fromEntries(
        Object.entries(table.columns).map(([name, column]) => [name, column[i]]),
      ) as unknown as Parameters<typeof trueCtr>[0];
      expect(trueCtr(record, profile)).toBeCloseTo(table.columns.true_ctr[i]!, 14);
    }
  },
);

test('counts are whole, clicks never exceed impressions, ctr is their clamped ratio', () => {
  for (const { columns: c } of Object.values(tables)) {
    let wrong = 0;
    for (let i = 0; i < ROWS; i++) {
      const [n, k] = [c.impressions[i]!, c.clicks[i]!];
      if (!Number.isInteger(n) || n < 1 || !Number.isInteger(k) || k < 0 || k > n) wrong++;
      if (c.ctr[i] !== Math.min(1, Math.max(0.0001, k / n))) wrong++;
    }
    expect(wrong).toBe(0);
  }
});

test('clicks are binomial: standardised, they have mean 0 and variance 1', () => {
  const z = Array.from(columns.clicks, (k, i) => {
    const [n, p] = [columns.impressions[i]!, columns.true_ctr[i]!];
    return (k - n * p) / Math.sqrt(n * p * (1 - p));
  });
  expect(Math.abs(mean(z))).toBeLessThan(4 / Math.sqrt(ROWS));
  expect(Math.abs(sd(z) ** 2 - 1)).toBeLessThan(4 * Math.sqrt(2 / ROWS));
});

test('true CTRs lie between roughly 0.1 % and 15 %, and use that range', () => {
  const ctrs = Array.from(columns.true_ctr);
  expect(Math.min(...ctrs)).toBeGreaterThan(0.001);
  expect(Math.min(...ctrs)).toBeLessThan(0.002);
  expect(Math.max(...ctrs)).toBeLessThan(0.15);
  expect(Math.max(...ctrs)).toBeGreaterThan(0.09);
});

test('devices come in their documented shares', () => {
  expect(Math.abs(share(columns.device_type, 'mobile') - 0.56)).toBeLessThan(slack(0.56));
  expect(Math.abs(share(columns.device_type, 'desktop') - 0.36)).toBeLessThan(slack(0.36));
  expect(Math.abs(share(columns.device_type, 'tablet') - 0.08)).toBeLessThan(slack(0.08));
});

test('there is more inventory lower down: linearly, half as much again at the last position', () => {
  const positions = Array.from(columns.ad_position);
  for (let position = 1; position <= 10; position++) {
    const wanted = (1 + (0.5 * (position - 1)) / 9) / 12.5;
    expect(Math.abs(share(positions, position) - wanted)).toBeLessThan(slack(wanted));
  }
});

test('budgets are log-normal around $4,500, in cents, inside their bounds', () => {
  const logs = Array.from(columns.budget, Math.log);
  expect(Math.abs(mean(logs) - Math.log(4500))).toBeLessThan(0.03);
  expect(sd(logs)).toBeGreaterThan(0.75);
  expect(sd(logs)).toBeLessThan(0.82);
  expect(columns.budget.every((b) => b >= 50 && b <= 50_000)).toBe(true);
  expect(columns.budget.every((b) => Math.round(b * 100) / 100 === b)).toBe(true);
});

test('impressions follow the budget through a CPM with spread, and thin rows are left out', () => {
  const ratios = Array.from(columns.impressions, (n, i) => Math.log(n / columns.budget[i]!));
  expect(Math.exp(mean(ratios))).toBeGreaterThan(2.4);
  expect(Math.exp(mean(ratios))).toBeLessThan(2.6);
  expect(sd(ratios)).toBeGreaterThan(0.46);
  expect(sd(ratios)).toBeLessThan(0.52);
  expect(columns.impressions.every((n) => n >= 1000)).toBe(true);
});

test('the anchor lies inside the bulk of the data, so predicting it is no extrapolation', () => {
  const inBulk = (q: number) => q > 0.1 && q < 0.9;
  expect(inBulk(quantileOf(Array.from(columns.budget), 2500))).toBe(true);
  expect(inBulk(quantileOf(Array.from(columns.impressions), 5000))).toBe(true);
  const ratios = Array.from(columns.impressions, (n, i) => n / columns.budget[i]!);
  expect(inBulk(quantileOf(ratios, 2))).toBe(true);
  const neighbours = ratios.filter(
    (_, i) =>
      columns.device_type[i] === 'mobile' &&
      columns.ad_position[i] === 1 &&
      Math.abs(Math.log(columns.budget[i]! / 2500)) < 0.7 &&
      Math.abs(Math.log(columns.impressions[i]! / 5000)) < 0.7,
  );
  expect((neighbours.length * 5000) / ROWS).toBeGreaterThan(50);
});

test('sparse: a few dozen impressions a row, and many rows without a click', () => {
  const n = Array.from(tables.sparse.columns.impressions);
  expect(quantileOf(n, 100)).toBeGreaterThan(0.75);
  expect(Math.min(...n)).toBeGreaterThanOrEqual(5);
  expect(share(Array.from(tables.sparse.columns.clicks), 0)).toBeGreaterThan(0.4);
});

test('drifted: more phones, larger budgets, dearer impressions, fewer clicks', () => {
  const c = tables.drifted.columns;
  expect(Math.abs(share(c.device_type, 'mobile') - 0.68)).toBeLessThan(slack(0.68));
  expect(Math.abs(mean(Array.from(c.budget, Math.log)) - Math.log(6500))).toBeLessThan(0.03);
  const perDollar = (t: typeof c) =>
    mean(Array.from(t.impressions, (n, i) => Math.log(n / t.budget[i]!)));
  expect(Math.exp(perDollar(c) - perDollar(columns))).toBeCloseTo(4 / 5.2, 1);
  expect(mean(c.true_ctr)).toBeLessThan(0.8 * mean(columns.true_ctr));
});

test('hidden: an unseen quality with log-sd 0.2 and mean 1 moves each CTR', () => {
  const c = tables.hidden.columns;
  const quality = Array.from(
    c.true_ctr,
    (ctr, i) =>
      ctr /
      trueCtr(
        {
          impressions: c.impressions[i]!,
          ad_position: c.ad_position[i]!,
          device_type: c.device_type[i]!,
          budget: c.budget[i]!,
        },
        'hidden',
      ),
  );
  expect(Math.abs(mean(quality) - 1)).toBeLessThan((4 * 0.2) / Math.sqrt(ROWS));
  expect(Math.abs(sd(quality.map(Math.log)) - 0.2)).toBeLessThan((4 * 0.2) / Math.sqrt(2 * ROWS));
});

test('overdispersed: a row effect of the known intra-row correlation around what inputs tell', () => {
  const c = tables.overdispersed.columns;
  const { rowCorrelation: rho } = markets.overdispersed;
  const means = Array.from(c.true_ctr, (_, i) =>
    trueCtr(
      {
        impressions: c.impressions[i]!,
        ad_position: c.ad_position[i]!,
        device_type: c.device_type[i]!,
        budget: c.budget[i]!,
      },
      'overdispersed',
    ),
  );
  const z = means.map((mu, i) => (c.true_ctr[i]! - mu) / Math.sqrt(mu * (1 - mu)));
  expect(Math.abs(mean(z))).toBeLessThan(4 * Math.sqrt(rho / ROWS));
  // Beta variates of small shapes have heavy tails: within a tenth.
  expect(mean(z.map((x) => x * x)) / rho).toBeGreaterThan(0.9);
  expect(mean(z.map((x) => x * x)) / rho).toBeLessThan(1.1);
  expect(Math.min(...c.true_ctr)).toBeGreaterThanOrEqual(0);
});

test('hidden and wide place the same ads as realistic: what they add moves no other draw', () => {
  for (const profile of ['hidden', 'wide'] as const) {
    for (const name of ['impressions', 'ad_position', 'device_type', 'budget']) {
      expect(tables[profile].columns[name]).toEqual(columns[name]);
    }
  }
});
