import { extraFeatures, generate, trueCtr } from '../src/index.js';

const ROWS = 20_000;
const { columns } = generate({ rows: ROWS, seed: 3, profile: 'wide' });
/** What the extras do to each row's CTR, as a logarithm. */
const effect = Float64Array.from(columns.true_ctr, (ctr, i) =>
  Math.log(
    ctr /
      trueCtr({
        impressions: columns.impressions[i]!,
        ad_position: columns.ad_position[i]!,
        device_type: columns.device_type[i]!,
        budget: columns.budget[i]!,
      }),
  ),
);
const mean = (values: ArrayLike<number>) =>
  Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;
const variance = (values: ArrayLike<number>) => {
  const m = mean(values);
  return mean(Array.from(values, (value) => (value - m) ** 2));
};
const isMissing = (value: number | string) => value === '' || Number.isNaN(value);

/** A value's group: the category, or one of eight equal ranks, or missing. */
function groupsOf(name: string): string[] {
  const column = Array.from<number | string>(columns[name]!);
  if (typeof column[0] === 'string') return column.map(String);
  const present = column.filter((value) => !isMissing(value)).map(Number);
  present.sort((a, b) => a - b);
  const cuts = Array.from(
    { length: 7 },
    (_, i) => present[Math.floor(((i + 1) * present.length) / 8)]!,
  );
  return column.map((value) =>
    isMissing(value) ? 'missing' : `rank ${cuts.filter((cut) => Number(value) >= cut).length}`,
  );
}

/** The share of the effect's variance that lies between the groups of a feature. */
function explained(name: string): number {
  const groups = new Map<string, number[]>();
  groupsOf(name).forEach((group, i) => {
    const values = groups.get(group) ?? [];
    values.push(effect[i]!);
    groups.set(group, values);
  });
  const m = mean(effect);
  let between = 0;
  for (const values of groups.values()) between += values.length * (mean(values) - m) ** 2;
  return between / ROWS / variance(effect);
}

test('there are twenty: x01 to x20, of three kinds and three roles', () => {
  expect(extraFeatures.map(({ name }) => name)).toEqual(
    Array.from({ length: 20 }, (_, i) => `x${String(i + 1).padStart(2, '0')}`),
  );
  const count = (role: string) => extraFeatures.filter((feature) => feature.role === role).length;
  expect([count('informative'), count('proxy'), count('noise')]).toEqual([8, 2, 10]);
  expect(new Set(extraFeatures.map(({ kind }) => kind)).size).toBe(3);
  expect(extraFeatures.some((f) => f.kind === 'categorical' && f.role === 'informative')).toBe(
    true,
  );
});

test.each(extraFeatures)(
  '$name is $kind and holds what its kind allows',
  ({ name, kind, categories }) => {
    const present = Array.from<number | string>(columns[name]!).filter(
      (value) => !isMissing(value),
    );
    if (kind === 'categorical') {
      expect(new Set(present)).toEqual(new Set(categories));
    } else {
      expect(categories).toBeUndefined();
      expect(present.every((value) => Number.isFinite(value) && !Object.is(value, -0))).toBe(true);
      if (kind === 'integer') expect(present.every(Number.isInteger)).toBe(true);
    }
  },
);

test.each(extraFeatures)(
  '$name is missing in a share of $missing of the rows',
  ({ name, missing }) => {
    const got = Array.from<number | string>(columns[name]!).filter(isMissing).length / ROWS;
    expect(Math.abs(got - missing)).toBeLessThanOrEqual(
      4 * Math.sqrt((missing * (1 - missing)) / ROWS),
    );
  },
);

test.each(extraFeatures.filter(({ role }) => role === 'informative'))(
  '$name explains some of the CTR',
  ({ name }) => {
    expect(explained(name)).toBeGreaterThan(0.03);
  },
);

test.each(extraFeatures.filter(({ role }) => role === 'noise'))(
  '$name explains nothing of the CTR',
  ({ name }) => {
    expect(explained(name)).toBeLessThan(0.002);
  },
);

test('x09 follows x01 and x10 follows the budget', () => {
  const follows = (proxy: string, of: (i: number) => number) =>
    mean(Float64Array.from(columns[proxy] as Float64Array, (x, i) => (x - of(i)) ** 2));
  const x01 = columns['x01'] as Float64Array;
  expect(follows('x09', (i) => x01[i]!)).toBeCloseTo(0.01, 3);
  expect(follows('x10', (i) => Math.log10(columns.budget[i]!))).toBeCloseTo(0.04, 2);
  expect(explained('x09')).toBeGreaterThan(0.05);
});

test('the absence of x06 tells something, that of x05 does not', () => {
  const gap = (name: string) => {
    const column = columns[name] as Float64Array;
    const gone = effect.filter((_, i) => Number.isNaN(column[i]));
    const there = effect.filter((_, i) => !Number.isNaN(column[i]));
    return mean(gone) - mean(there);
  };
  expect(gap('x06')).toBeLessThan(-0.08);
  expect(Math.abs(gap('x05'))).toBeLessThan(0.03);
});

test('together they move the CTR by some 15 % and leave its level alone', () => {
  expect(Math.sqrt(variance(effect))).toBeGreaterThan(0.12);
  expect(Math.sqrt(variance(effect))).toBeLessThan(0.2);
  expect(Math.abs(mean(effect.map(Math.exp)) - 1)).toBeLessThan(0.05);
});
