import { fit, ForestError, r2, writeModel } from '../../src/index.js';
import { mixedData, rowOf } from '../data.js';
import { forestOf } from '../hand-made.js';

const bytesOf = (options: object, data = mixedData({ rows: 300, missing: 0.1 })): Buffer =>
  Buffer.from(writeModel(fit(data, { trees: 10, ...options }).forest));

describe('a forest', () => {
  it('is the same bytes for the same seed, and others for another', () => {
    expect(bytesOf({ seed: 5 }).equals(bytesOf({ seed: 5 }))).toBe(true);
    expect(bytesOf({ seed: 5 }).equals(bytesOf({ seed: 6 }))).toBe(false);
  });

  it('explains data it did not see', () => {
    const { forest } = fit(mixedData({ rows: 2000 }), { trees: 50 });
    const fresh = mixedData({ rows: 500, seed: 2 });
    const predicted = fresh.target.map((_, i) => forest.predict(rowOf(fresh.columns, i)));
    expect(r2(fresh.target, predicted)).toBeGreaterThan(0.95);
  });

  it('judges each row by the trees that did not see it', () => {
    const { outOfBag } = fit(mixedData({ rows: 2000 }), { trees: 50 });
    const fresh = mixedData({ rows: 2000, seed: 2 });
    const { forest } = fit(mixedData({ rows: 2000 }), { trees: 50 });
    const predicted = fresh.target.map((_, i) => forest.predict(rowOf(fresh.columns, i)));
    expect(outOfBag.r2).toBeCloseTo(r2(fresh.target, predicted), 1);
    expect(outOfBag.predictions.every((value) => Number.isFinite(value))).toBe(true);
  });

  it('does not know out-of-bag noise: R² of pure noise is below 0', () => {
    const noise = mixedData({ rows: 400 });
    noise.target.forEach((_, i) => (noise.target[i] = Math.sin(i * i * 7.3)));
    expect(fit(noise, { trees: 60 }).outOfBag.r2).toBeLessThan(0.02);
  });

  it('has no out-of-bag prediction where no row is left out', () => {
    const { outOfBag } = fit(mixedData({ rows: 50 }), { trees: 3, bootstrap: false });
    expect(outOfBag.predictions.every((value) => Number.isNaN(value))).toBe(true);
    expect(outOfBag.r2).toBeNaN();
  });

  it('does not look out of bag if told not to, and is the same forest', () => {
    const data = mixedData({ rows: 300 });
    const { forest, outOfBag } = fit(data, { trees: 5, outOfBag: false });
    expect(outOfBag).toEqual({
      predictions: new Float64Array(0),
      variances: new Float64Array(0),
      r2: NaN,
      weightedR2: NaN,
    });
    expect(forest.trees).toEqual(fit(data, { trees: 5 }).forest.trees);
    expect(() => forest.predictInterval([0, 1, 2])).toThrow(/nothing to make intervals from/);
  });

  it('predicts records by name', () => {
    const { forest } = fit(mixedData({ rows: 300 }), { trees: 5 });
    expect(forest.predictRecord({ place: 2, colour: 'blue', size: 0.3 })).toBe(
      forest.predict([0.3, 2, 2]),
    );
  });

  it('knows between which values its predictions lie', () => {
    const leaf = (value: number) => ({ value, cover: 1 });
    const made = forestOf(
      [[1], [1]],
      [
        { feature: 0, cut: 0, left: leaf(0.25), right: leaf(0.5) },
        { feature: 1, cut: 0, left: leaf(1), right: leaf(-2) },
      ],
    );
    expect(made.reach).toEqual({ least: (0.25 - 2) / 2, most: (0.5 + 1) / 2 });
    expect([made.predict([0, 2]), made.predict([2, 0])]).toEqual([-0.875, 0.75]);
  });

  it('refuses rows of another width', () => {
    const { forest } = fit(mixedData({ rows: 50 }), { trees: 1 });
    expect(() => forest.predict([1])).toThrow(/got 1 numbers, wanted 3/);
  });

  it.each([
    [
      'a target that is not a number',
      { target: new Float64Array(20).fill(NaN) },
      /target of row 0 is NaN/,
    ],
    ['a target of another length', { target: new Float64Array(3) }, /target has 3 rows, wanted 20/],
    ['a negative weight', { weight: new Float64Array(20).fill(-1) }, /weight of row 0 is -1/],
    ['weights that are all 0', { weight: new Float64Array(20) }, /every weight is 0/],
  ])('refuses %s', (_, change, message) => {
    const grow = () => fit({ ...mixedData({ rows: 20 }), ...change }, { trees: 1 });
    expect(grow).toThrow(ForestError);
    expect(grow).toThrow(message);
  });

  it('refuses negative targets under Poisson loss', () => {
    const data = { ...mixedData({ rows: 20 }), target: new Float64Array(20).fill(-1) };
    expect(() => fit(data, { criterion: 'poisson' })).toThrow(/target of row 0 is -1/);
  });
});
