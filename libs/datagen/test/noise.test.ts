import {
  bestGuess,
  DatagenError,
  generate,
  inputCeiling,
  noiseCeiling,
  noiseVariance,
  normalisedEntropy,
} from '../src/index.js';

/** A table of hand-made numbers; only what the noise looks at. */
function tableOf(ctr: number[], trueCtr: number[], impressions = ctr.map(() => 100)) {
  const columns = {
    ...generate({ rows: ctr.length }).columns,
    impressions: Float64Array.from(impressions),
    ctr: Float64Array.from(ctr),
    true_ctr: Float64Array.from(trueCtr),
  };
  return { columns };
}

test('the noise ceiling is the R² of the true CTR against the observed one', () => {
  // Residuals 0.01, 0, 0.01 against deviations 0.02, 0, 0.02 from the mean 0.03.
  const table = tableOf([0.01, 0.03, 0.05], [0.02, 0.03, 0.04]);
  expect(noiseCeiling(table)).toBeCloseTo(1 - 2 / 8, 12);
});

test('the noise ceiling is 1 without noise and negative when noise drowns everything', () => {
  expect(noiseCeiling(tableOf([0.01, 0.02], [0.01, 0.02]))).toBe(1);
  expect(noiseCeiling(tableOf([0.01, 0.02], [0.5, 0.5]))).toBeLessThan(0);
});

test('a constant observed CTR has no noise ceiling', () => {
  const attempt = () => noiseCeiling(tableOf([0.02, 0.02], [0.01, 0.03]));
  expect(attempt).toThrow(DatagenError);
  expect(attempt).toThrow('ctr has one value over 2 rows, wanted at least two different ones');
  expect(attempt).toThrow(expect.objectContaining({ code: 'TABLE_INVALID' }));
});

test('the noise variance is the mean of p(1-p)/n', () => {
  const table = tableOf([0.1, 0.5], [0.1, 0.5], [9, 25]);
  expect(noiseVariance(table)).toBeCloseTo((0.01 + 0.01) / 2, 14);
});

test.each(['realistic', 'drifted', 'wide', 'hidden'] as const)(
  '%s: the noise variance foretells the noise ceiling',
  (profile) => {
    const table = generate({ rows: 50_000, seed: 6, profile });
    const { ctr } = table.columns;
    const mean = ctr.reduce((sum, y) => sum + y, 0) / ctr.length;
    const variance = ctr.reduce((sum, y) => sum + (y - mean) ** 2, 0) / ctr.length;
    expect(noiseCeiling(table)).toBeCloseTo(1 - noiseVariance(table) / variance, 3.5);
  },
);

test('realistic: the ceiling leaves room for R² 0.9897, on seed 42 and on others', () => {
  const ceilings = Array.from({ length: 20 }, (_, i) => noiseCeiling(generate({ seed: 42 + i })));
  expect(ceilings[0]).toBeGreaterThan(0.994);
  expect(Math.min(...ceilings)).toBeGreaterThan(0.992);
  expect(Math.max(...ceilings)).toBeLessThan(0.997);
});

test('sparse: noise takes more than half of what there is to explain', () => {
  for (const seed of [1, 2, 3, 42]) {
    const ceiling = noiseCeiling(generate({ seed, profile: 'sparse' }));
    expect(ceiling).toBeGreaterThan(0.35);
    expect(ceiling).toBeLessThan(0.5);
  }
});

test('hidden: no model of the inputs gets far beyond 0.9, though noise would allow it', () => {
  for (const seed of [1, 2, 3, 42]) {
    const table = generate({ seed, profile: 'hidden' });
    expect(inputCeiling(table)).toBeGreaterThan(0.9);
    expect(inputCeiling(table)).toBeLessThan(0.94);
    expect(noiseCeiling(table)).toBeGreaterThan(0.992);
  }
});

test.each(['realistic', 'sparse', 'drifted', 'wide', 'words'] as const)(
  '%s: the inputs determine the true CTR, so both ceilings agree',
  (profile) => {
    const table = generate({ profile });
    expect(inputCeiling(table)).toBeCloseTo(noiseCeiling(table), 10);
  },
);

test('NE is the log loss over that of the average CTR', () => {
  const table = tableOf([0, 0.5], [0.1, 0.5], [10, 30]);
  table.columns.clicks = Float64Array.of(0, 15);
  const loss = -10 * Math.log(0.9) - 30 * Math.log(0.5);
  const average = -15 * Math.log(15 / 40) - 25 * Math.log(25 / 40);
  expect(normalisedEntropy(table)).toBeCloseTo(loss / average, 12);
  expect(normalisedEntropy(table, new Float64Array(2).fill(15 / 40))).toBeCloseTo(1, 12);
  table.columns.clicks = Float64Array.of(0, 0);
  expect(() => normalisedEntropy(table)).toThrow('0 clicks in 40, wanted some with a click');
});

test('no guess beats the true CTR, and what inputs cannot tell costs NE', () => {
  for (const profile of ['realistic', 'hidden', 'overdispersed'] as const) {
    const table = generate({ profile, rows: 20_000 });
    const gap = normalisedEntropy(table, bestGuess(table)) - normalisedEntropy(table);
    if (profile === 'realistic') expect(Math.abs(gap)).toBeLessThan(1e-12);
    else expect(gap).toBeGreaterThan(0.002);
  }
});

test('words: who has seen the words of earlier rows guesses worse than who knows all, and better than who knows none', () => {
  const options = { profile: 'words', rows: 10_000 } as const;
  const before = generate({ ...options, rows: 40_000 });
  const table = generate({ ...options, skip: 40_000 });
  const none = {
    ...before,
    columns: { ...before.columns, campaign: [], ad_group: [], creative: [] },
  };
  const [all, seen, plain] = [undefined, before, none].map((words) =>
    normalisedEntropy(table, bestGuess(table, words)),
  );
  expect(all).toBeCloseTo(normalisedEntropy(table), 12);
  expect(seen).toBeGreaterThan(all! + 0.0005);
  expect(plain).toBeGreaterThan(seen! + 0.01);
});
