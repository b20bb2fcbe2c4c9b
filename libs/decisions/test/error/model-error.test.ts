import { CtrModel, trainCtr } from '@adscale/ctr';
import { columnsFrom } from '@adscale/forest';
import { curve } from '../../src/curve.js';
import { errorFit, MOST_LEVELS } from '../../src/error/fit.js';
import { ModelError } from '../../src/error/model-error.js';
import { chanceAbove, reachOf } from '../../src/error/distributions.js';
import { refusalOf, trainedModel } from '../market.js';

/** By hand: rows' predictions tree by tree, and the covariance of rows a and b over the trees. */
function covarianceOf(model: CtrModel, rows: Float64Array[], a: number, b: number): number {
  const trees = rows.map((row) => model.compiled.perTree(row, 1));
  const meanOf = (values: Float64Array): number =>
    values.reduce((x, y) => x + y, 0) / values.length;
  const [meanA, meanB] = [meanOf(trees[a]), meanOf(trees[b])];
  const products = Array.from(trees[a], (value, t) => (value - meanA) * (trees[b][t] - meanB));
  return products.reduce((x, y) => x + y, 0) / (products.length - 1);
}

describe('the error of predictions', () => {
  const trained = trainedModel();

  it('is the covariance of the trees, times the scale squared, as wide as Student’s', async () => {
    const model = await trained;
    const rows = [1, 1, 7].map((ad_position, i) =>
      model.encode({
        impressions: 5000,
        ad_position,
        device_type: 'mobile',
        budget: 900 + 4000 * i,
      }),
    );
    const error = new ModelError(model, Float64Array.from(rows.flatMap((row) => [...row])), 3);
    const { scale } = errorFit(model);
    // 40 trees: 39 degrees of freedom.
    const square = (scale ** 2 * 39) / 37;
    const cov = (a: number, b: number): number => square * covarianceOf(model, rows, a, b);
    expect(error.deviationOf(0)).toBeCloseTo(Math.sqrt(cov(0, 0)), 12);
    const between = Math.sqrt(4 * cov(0, 0) + 9 * cov(1, 1) - 12 * cov(0, 1));
    expect(error.deviationBetween(0, 1, 2, 3)).toBeCloseTo(between, 12);
    expect(error.deviationOfSum([2, -3, 0])).toBeCloseTo(between, 12);
    expect([...error.ctr]).toEqual(rows.map((row) => model.predictRow(row)));
  });

  it('is larger in a total than the trees tell, by what they get wrong alike', async () => {
    const model = await trained;
    const rows = model.compiled.sample(50);
    const error = new ModelError(model, rows, 50);
    const ones = new Float64Array(50).fill(1);
    const alike = ones.reduce((sum, _, i) => sum + error.deviationOf(i), 0);
    const told = error.deviationOfSum(ones) ** 2;
    expect(error.varianceOfTotal(ones)).toBeGreaterThan(told);
    expect(error.varianceOfTotal(ones)).toBeLessThan(alike ** 2);
  });

  it('is fitted to scores: a scale near 1, and reaches that grow with the level', async () => {
    const { scale, reach } = errorFit(await trained);
    expect(scale).toBeGreaterThan(0.6);
    expect(scale).toBeLessThan(1.3);
    const reaches = [0.5, 0.8, 0.9, 0.95, 0.99].map(reach);
    expect(reaches).toEqual(reaches.toSorted((a, b) => a - b));
    expect(reach(0.9)).toBeGreaterThanOrEqual(reachOf(0.9));
    expect(reach(0.9)).toBeLessThan(1.2 * reachOf(0.9));
  });
});

describe('the reach of intervals', () => {
  it('is kept for some levels, however many clients ask for', async () => {
    const fit = errorFit(await trainedModel({ rows: 300, trees: 5 }));
    const first = fit.reach(0.5);
    for (let i = 1; i <= 3 * MOST_LEVELS; i++) {
      fit.reach(0.5 + i / 1000);
      expect(fit.reaches.size).toBeLessThanOrEqual(MOST_LEVELS);
    }
    expect(fit.reach(0.5)).toBe(first);
  });
});

describe('a model of other features', () => {
  const schema = {
    features: [
      { name: 'hour', kind: 'integer' },
      { name: 'slot', kind: 'categorical', categories: ['a', 'b'] },
    ],
  } as const;
  const rows = 300;
  const hour = Array.from({ length: rows }, (_, i) => i % 24);
  const slot = hour.map((_, i) => (i % 7 < 3 ? 'a' : 'b'));
  const table = {
    features: columnsFrom(schema, { hour, slot }),
    impressions: new Float64Array(rows).fill(1000),
    clicks: Float64Array.from(hour, (h, i) => 10 + h + (i % 7 < 3 ? 20 : 0)),
  };

  it('has the spread of its trees for an error, and is told what decisions lack', async () => {
    const { bytes, card } = await trainCtr(table, { fit: { trees: 20 }, threads: 1 });
    const model = CtrModel.load(bytes, card);
    expect(errorFit(model).scale).toBe(1);
    const request = { record: { hour: 3, slot: 'a' }, over: 'impressions', from: 1, to: 9 };
    const refusal = refusalOf(() => curve(model, request));
    expect(refusal.code).toBe('FEATURE_ABSENT');
    expect(refusal.message).toContain('its features are hour, slot');
  });
});

test('a tie is an even chance, and certainty needs no deviation', () => {
  expect(chanceAbove(0, 0)).toBe(0.5);
  expect(chanceAbove(1, 0)).toBe(1);
  expect(chanceAbove(-1, 0)).toBe(0);
  expect(chanceAbove(1.645, 1)).toBeCloseTo(0.95, 3);
});
