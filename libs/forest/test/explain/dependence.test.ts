import { columnsFrom, fit, partialDependence, type Schema } from '../../src/index.js';
import { mixedData, numericColumns, rowOf } from '../data.js';
import { forestOf, type Sketch } from '../hand-made.js';

const leaf = (value: number): Sketch => ({ value, cover: 1 });

/** x0 ≤ 1: 10; else x1 ≤ 5: 20, x0 ≤ 3: 30, else 50. Missing goes left. */
const byHand = forestOf(
  [[1, 2, 3], [5]],
  [
    {
      feature: 0,
      cut: 0,
      left: leaf(10),
      right: {
        feature: 1,
        cut: 0,
        left: leaf(20),
        right: { feature: 0, cut: 2, left: leaf(30), right: leaf(50) },
      },
    },
  ],
);
const fourRows = [
  [0, 4],
  [9, 6],
  [2, 6],
  [2, 6],
];

describe('partial dependence', () => {
  it('is, on a tree drawn by hand, what one computes by hand', () => {
    const { feature, grid, mean, curves } = partialDependence(byHand, 'x0', fourRows, {
      curves: true,
    });
    expect(feature).toBe('x0');
    // One point a step: cuts 1 and 3 are used, 2 is not; 0 and 9 are the outermost values.
    expect(grid).toEqual(Float64Array.of(0, 2, 9));
    expect(mean).toEqual(Float64Array.of(10, (20 + 3 * 30) / 4, (20 + 3 * 50) / 4));
    expect(curves).toEqual([
      Float64Array.of(10, 20, 20),
      Float64Array.of(10, 30, 50),
      Float64Array.of(10, 30, 50),
      Float64Array.of(10, 30, 50),
    ]);
  });

  it('weighs rows, and gives curves only when asked', () => {
    const options = { weight: [3, 1, 0, 0], grid: [2] };
    const result = partialDependence(byHand, 'x0', fourRows, options);
    expect(result.mean[0]).toBeCloseTo((3 * 20 + 30) / 4, 12);
    expect(Object.keys(result)).toEqual(['feature', 'grid', 'mean']);
  });

  it('asks for the points it is given, missing ones too', () => {
    const grid = [9, NaN, 1, 1.0000001];
    expect([...partialDependence(byHand, 'x0', [[0, 6]], { grid }).mean]).toEqual([50, 10, 10, 30]);
  });

  it('finds a place beyond outer cuts where the background has none', () => {
    const { grid, mean } = partialDependence(byHand, 'x0', [[2, 6]]);
    expect(grid[0]).toBe(1);
    expect(grid[2]).toBeGreaterThan(3);
    expect(grid[2]).toBeLessThan(3.000001);
    expect([...mean]).toEqual([10, 30, 50]);
  });

  it('sees every step of the forest once', () => {
    const data = mixedData({ rows: 400, missing: 0.1 });
    const { forest } = fit(data, { trees: 5 });
    const background = [rowOf(data.columns, 7)];
    const { grid, mean } = partialDependence(forest, 'size', background);
    const points = grid as Float64Array;
    const used = new Set<number>();
    for (const { nodes, feature, cut } of forest.trees) {
      for (let node = 0; node < nodes; node++) if (feature[node] === 0) used.add(cut[node]);
    }
    used.delete(forest.bins[0].cuts.length);
    expect(points).toHaveLength(used.size + 1);
    const cuts = [...used].sort((a, b) => a - b).map((place) => forest.bins[0].cuts[place]);
    // Anywhere in a step the curve is what its point says.
    for (let x = -0.1; x < 1.1; x += 0.003) {
      const step = cuts.filter((cut) => cut < x).length;
      expect(forest.predict([x, ...background[0].slice(1)])).toBe(mean[step]);
    }
  });

  it('gives whole numbers for an integer feature and every category of a categorical one', () => {
    const data = mixedData({ rows: 400 });
    const { forest } = fit(data, { trees: 5 });
    const place = partialDependence(forest, 'place', data.columns);
    expect(place.grid).toEqual(Float64Array.of(1, 2, 3, 4, 5, 6));
    const { grid, mean } = partialDependence(forest, 'colour', data.columns);
    expect(grid).toEqual(['red', 'green', 'blue', 'grey', 'black']);
    mean.forEach((value, category) => {
      const rows = Array.from(data.target, (_, i) => rowOf(data.columns, i));
      const all = rows.map(([size, at]) => forest.predict([size, at, category]));
      expect(value).toBeCloseTo(all.reduce((sum, y) => sum + y, 0) / 400, 10);
    });
    const some = partialDependence(forest, 'colour', data.columns, { grid: ['blue', 'red'] });
    expect([...some.mean]).toEqual([mean[2], mean[0]]);
  });

  it('asks with whole numbers for an integer feature, even where whole numbers are few', () => {
    const place = Array.from({ length: 400 }, (_, i) => [1, 4, 5, 9][i % 4]);
    const schema: Schema = { features: [{ name: 'place', kind: 'integer' }] };
    const columns = columnsFrom(schema, { place });
    const { forest } = fit({ columns, target: Float64Array.from(place, (p) => p * p) });
    // Cuts at 2.5, 4.5 and 7: whole numbers within are 1, 3 or 4, 5 to 7, 9.
    const { grid, mean } = partialDependence(forest, 'place', columns);
    expect(grid).toEqual(Float64Array.of(1, 4, 6, 9));
    mean.forEach((value, k) => expect(value).toBeCloseTo([1, 16, 25, 81][k], 9));
  });

  it('is a single point where no tree asks for the feature', () => {
    const forest = forestOf([[0], []], [leaf(4)]);
    const background = [
      [1, 7],
      [1, 8],
      [1, NaN],
    ];
    expect(partialDependence(forest, 'x1', background)).toEqual({
      feature: 'x1',
      grid: Float64Array.of(8),
      mean: Float64Array.of(4),
    });
  });

  it('thins a long grid evenly and keeps its ends', () => {
    const data = mixedData({ rows: 2000 });
    const { forest } = fit(data, { trees: 20, minLeafRows: 1 });
    const whole = partialDependence(forest, 'size', data.columns).grid as Float64Array;
    const thin = partialDependence(forest, 'size', data.columns, { maxPoints: 10 })
      .grid as Float64Array;
    expect(thin).toHaveLength(10);
    expect([thin[0], thin[9]]).toEqual([whole[0], whole[whole.length - 1]]);
    expect([...thin].every((x) => whole.includes(x))).toBe(true);
  });

  it.each([
    ['an unknown feature', 'sise', {}, 'FEATURE_INVALID', /no feature sise, but size, place/],
    [
      'an unknown category',
      'colour',
      { grid: ['pink'] },
      'OPTION_INVALID',
      /pink, colour wants red/,
    ],
    [
      'numbers for categories',
      'colour',
      { grid: [1] },
      'OPTION_INVALID',
      /colour wants categories/,
    ],
    ['words for numbers', 'size', { grid: ['a'] }, 'OPTION_INVALID', /a, size wants numbers/],
    ['an empty grid', 'size', { grid: [] }, 'OPTION_INVALID', /grid is empty/],
    ['one point', 'size', { maxPoints: 1 }, 'OPTION_INVALID', /maxPoints is 1/],
  ])('refuses %s', (_, feature, options, code, message) => {
    const data = mixedData({ rows: 50 });
    const { forest } = fit(data, { trees: 1 });
    const ask = (): unknown => partialDependence(forest, feature, data.columns, options);
    expect(ask).toThrow(expect.objectContaining({ code }));
    expect(ask).toThrow(message);
  });

  it('refuses a background of other features', () => {
    const data = mixedData({ rows: 50 });
    const { forest } = fit(data, { trees: 1 });
    expect(() => partialDependence(forest, 'size', numericColumns([1]))).toThrow(
      /column 0 is x0, wanted size/,
    );
  });
});
