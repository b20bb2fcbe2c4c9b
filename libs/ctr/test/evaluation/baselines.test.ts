import { columnsFrom, Random, r2, type Schema } from '@adscale/forest';
import { judgeBaselines, splitTable, type CtrTable } from '../../src/index.js';
import { logisticRegression } from '../../src/evaluation/logistic-regression.js';
import { meanByFeature } from '../../src/evaluation/mean-by-feature.js';
import { placements } from '../data.js';

const schema: Schema = {
  features: [
    { name: 'x', kind: 'numeric' },
    { name: 'amount', kind: 'numeric' },
    { name: 'where', kind: 'categorical', categories: ['a', 'b', 'c'] },
  ],
};
const sumOf = (values: Float64Array): number => values.reduce((total, v) => total + v, 0);
const sigmoid = (eta: number): number => 1 / (1 + Math.exp(-eta));

/** Rows whose log odds are linear in x, in the logarithm of the amount and in the category. */
function logistic(rows: number, missing = false): CtrTable & { trueCtr: Float64Array } {
  const random = new Random(3, 0);
  const x = Array.from({ length: rows }, () => random.below(2001) / 1000 - 1);
  const amount = x.map(() => Math.exp(random.below(1000) / 200));
  const where = x.map(() => random.below(3));
  const known = (i: number): boolean => !missing || i % 5 > 0;
  const trueCtr = Float64Array.from(x, (value, i) =>
    sigmoid(
      -4 + (known(i) ? 0.8 * value : 0.5) + 0.3 * Math.log(amount[i]) + [0, 0.7, -0.4][where[i]],
    ),
  );
  const impressions = new Float64Array(rows).fill(50_000);
  return {
    features: columnsFrom(schema, {
      x: x.map((value, i) => (known(i) ? value : NaN)),
      amount,
      where: where.map((place) => ['a', 'b', 'c'][place]),
    }),
    impressions,
    clicks: trueCtr.map((ctr) => Math.round(ctr * 50_000)),
    trueCtr,
  };
}

describe('logistic regression', () => {
  it.each([false, true])('finds log odds that are linear, values missing: %s', (missing) => {
    const table = logistic(600, missing);
    const ctr = logisticRegression(table)(table.features);
    expect(r2(table.trueCtr, ctr)).toBeGreaterThan(0.9999);
  });

  it('believes a row by its impressions', () => {
    const table = logistic(300);
    const spoilt = {
      ...table,
      impressions: table.impressions.map((n, i) => (i % 3 === 0 ? 1 : n)),
      clicks: table.clicks.map((k, i) => (i % 3 === 0 ? 1 : k)),
    };
    const ctr = logisticRegression(spoilt)(table.features);
    expect(r2(table.trueCtr, ctr)).toBeGreaterThan(0.999);
  });

  it('ends where categories tell clicks apart perfectly, or there are none', () => {
    const table = logistic(60);
    const places = table.features.values[2];
    const separable = table.impressions.map((n, i) => (places[i] === 0 ? n : 0));
    for (const clicks of [separable, new Float64Array(60)]) {
      const ctr = logisticRegression({ ...table, clicks })(table.features);
      expect(ctr.every((p) => p > 0 && p < 1)).toBe(true);
    }
    const ctr = logisticRegression({ ...table, clicks: separable })(table.features);
    expect(ctr.filter((p, i) => places[i] === 0 && p < 0.99)).toHaveLength(0);
  });
});

describe('the mean by a feature', () => {
  it('takes the position if there is one', () => {
    const table = placements(500);
    const { feature, predict } = meanByFeature(table);
    expect(feature).toBe('ad_position');
    const ctr = predict(table.features);
    const same = table.features.values[1].map((position) => +(position === 4));
    const sum = (values: Float64Array): number =>
      values.reduce((total, value, i) => total + same[i] * value, 0);
    expect(ctr[same.indexOf(1)]).toBeCloseTo(sum(table.clicks) / sum(table.impressions), 4);
  });

  it('takes the strongest feature otherwise', () => {
    expect(meanByFeature(logistic(900)).feature).toBe('where');
  });

  it.each([0, 1, 2])('is that of the rows of its level, feature %d', (f) => {
    const table = logistic(900, true);
    const { features, impressions, clicks } = table;
    const alone = { ...features, schema: { features: [schema.features[f]] } };
    const columns = { ...alone, values: [features.values[f]] };
    const values = columns.values[0];
    const known = values.filter((value) => !Number.isNaN(value)).sort();
    const cuts = Array.from(
      { length: 19 },
      (_, k) => known[Math.floor(((k + 1) * known.length) / 20)],
    );
    const levelOf = (value: number): number =>
      f === 2 || Number.isNaN(value) ? value : cuts.filter((cut) => cut <= value).length;
    const rate = sumOf(clicks) / sumOf(impressions);
    const wanted = values.map((value) => {
      const same = values.map((other) => +Object.is(levelOf(other), levelOf(value)));
      const [k, n] = [clicks, impressions].map((all) => sumOf(all.map((x, i) => same[i] * x)));
      return (k + 10 * rate) / (n + 10);
    });
    const ctr = meanByFeature({ ...table, features: columns }).predict(columns);
    ctr.forEach((p, i) => expect(p).toBeCloseTo(wanted[i], 12));
  });

  it('falls back to the average where a value was never seen', () => {
    const table = logistic(900);
    const { predict } = meanByFeature(table);
    const other = columnsFrom(schema, { x: [0], amount: [1], where: ['nowhere'] });
    expect(predict(other)[0]).toBeCloseTo(sumOf(table.clicks) / sumOf(table.impressions), 12);
  });
});

describe('baselines', () => {
  it('are judged beside the forest on the same rows', () => {
    const { training, heldOut } = splitTable(placements(600), 0.5, 1);
    const perfect = judgeBaselines(training, heldOut, heldOut.trueCtr!, { replicates: 50 });
    expect(perfect.map(({ name }) => name)).toEqual([
      'constant',
      'mean_by_feature',
      'logistic_regression',
    ]);
    for (const { forest_less_baseline: gain } of perfect) {
      expect(gain.difference).toBeLessThan(0);
      expect(gain.interval![1]).toBeLessThan(0);
    }
    const [constant] = perfect;
    expect(constant.normalised_entropy).toBeCloseTo(1, 2);
    expect(constant.auc).toBe(0.5);
  });

  it('beat a forest that knows less', () => {
    const { training, heldOut } = splitTable(placements(600), 0.5, 1);
    const ignorant = new Float64Array(heldOut.features.rows).fill(0.03);
    const [, byPosition] = judgeBaselines(training, heldOut, ignorant, { replicates: 50 });
    expect(byPosition.forest_less_baseline.interval![0]).toBeGreaterThan(0);
  });
});
