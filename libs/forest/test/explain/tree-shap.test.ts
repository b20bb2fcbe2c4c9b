import { fit, ForestError, treeShap, type Explanation, type Forest } from '../../src/index.js';
import { Random } from '../../src/random.js';
import { gaussLegendre } from '../../src/explain/tree-shap.js';
import { mixedData, numericColumns, rowOf, uniform } from '../data.js';
import { pathDependentGame, shapleyByOrders } from '../game.js';
import { forestOf, type Sketch } from '../hand-made.js';

const sumOf = ({ base, values }: Explanation): number =>
  values.reduce((sum, value) => sum + value, base);

function expectDefinition(forest: Forest, row: readonly number[]): void {
  const game = pathDependentGame(forest.trees, forest.bins, row);
  const { base, values } = treeShap(forest, row);
  const expected = shapleyByOrders(row.length, game);
  expect(base).toBeCloseTo(game(row.map(() => false)), 10);
  values.forEach((value, f) => expect(value).toBeCloseTo(expected[f], 10));
}

const leaf = (value: number, cover: number): Sketch => ({ value, cover });

describe('TreeSHAP', () => {
  it('is the Shapley value of the path-dependent game, with missing values and categories', () => {
    const data = mixedData({ rows: 600, missing: 0.2 });
    const { forest } = fit(data, { trees: 4, minLeafRows: 3 });
    for (let i = 0; i < 25; i++) expectDefinition(forest, rowOf(data.columns, i));
    expectDefinition(forest, [NaN, NaN, NaN]);
    expectDefinition(forest, [Infinity, -0, 99]);
  });

  it('is so for six features that share deep paths', () => {
    const random = new Random(6, 0);
    const columns = numericColumns(
      ...Array.from({ length: 6 }, () => Array.from({ length: 300 }, () => uniform(random))),
    );
    const target = Float64Array.from({ length: 300 }, (_, i) =>
      rowOf(columns, i).reduce((product, x) => product * (0.5 + x), 1),
    );
    const { forest } = fit({ columns, target }, { trees: 2, minLeafRows: 1, maxFeatures: 2 });
    for (let i = 0; i < 4; i++) expectDefinition(forest, rowOf(columns, i));
  });

  it('is right where a path asks for a feature again and again', () => {
    const forest = forestOf(
      [
        [1, 2, 3],
        [1, 2],
      ],
      [
        {
          feature: 0,
          cut: 2,
          left: {
            feature: 1,
            cut: 0,
            left: leaf(5, 2),
            right: {
              feature: 0,
              cut: 0,
              left: leaf(-4, 1),
              right: {
                feature: 1,
                cut: 1,
                left: { feature: 0, cut: 1, left: leaf(9, 4), right: leaf(1, 0.5) },
                right: leaf(3, 7),
              },
            },
          },
          right: leaf(20, 3),
        },
      ],
    );
    for (const a of [0.5, 1.5, 2.5, 3.5, NaN]) {
      for (const b of [0.5, 1.5, 2.5, NaN]) expectDefinition(forest, [a, b]);
    }
  });

  it('is what one computes by hand', () => {
    // Known: x0 → right. Base 0.25·8 = 2; knowing x0 alone gives 4, x1 alone 4, both 8.
    const forest = forestOf(
      [[0], [0]],
      [
        {
          feature: 0,
          cut: 0,
          left: leaf(0, 2),
          right: { feature: 1, cut: 0, left: leaf(0, 1), right: leaf(8, 1) },
        },
      ],
    );
    const { base, values } = treeShap(forest, [1, 1]);
    expect(base).toBe(2);
    expect([...values].map((value) => value.toFixed(12))).toEqual([
      '3.000000000000',
      '3.000000000000',
    ]);
  });

  it('adds up on wide data and deep trees, and gives exactly 0 to what no tree uses', () => {
    const random = new Random(60, 0);
    const width = 60;
    const draws = Array.from({ length: width }, () =>
      Array.from({ length: 800 }, () => uniform(random) ** 3),
    );
    draws.push(Array<number>(800).fill(4));
    const columns = numericColumns(...draws);
    const target = Float64Array.from(
      { length: 800 },
      (_, i) => 100 * uniform(random) + draws[0][i],
    );
    const options = { trees: 10, minLeafRows: 1, extraTrees: true, maxFeatures: 1 };
    const { forest } = fit({ columns, target }, options);
    for (let i = 0; i < 40; i++) {
      const row = rowOf(columns, i);
      const explanation = treeShap(forest, row);
      expect(Math.abs(sumOf(explanation) - forest.predict(row))).toBeLessThan(1e-9);
      expect(explanation.values[width]).toBe(0);
      expect(explanation.values.filter((value) => value !== 0).length).toBeGreaterThan(50);
    }
  });

  it('keeps its digits on a path of sixty features, where dividing polynomials loses them', () => {
    // A chain: every feature sends 1 of 20 aside, and only the end of the chain is worth 1. By
    // symmetry each of the sixty features gets the same share.
    const depth = 60;
    let sketch: Sketch = leaf(1, 1);
    let cover = 1;
    for (let f = depth - 1; f >= 0; f--) {
      const aside = cover / 19;
      sketch = { feature: f, cut: 0, left: leaf(0, aside), right: sketch };
      cover += aside;
    }
    const forest = forestOf(
      Array.from({ length: depth }, () => [0]),
      [sketch],
    );
    const { base, values } = treeShap(forest, Array<number>(depth).fill(1));
    expect(base).toBeCloseTo(0.95 ** depth, 14);
    const share = (1 - 0.95 ** depth) / depth;
    values.forEach((value) => expect(Math.abs(value - share)).toBeLessThan(1e-15));
  });

  it('starts from the cover-weighted mean of the leaves', () => {
    const data = mixedData({ rows: 300 });
    const { forest } = fit(data, { trees: 3 });
    const means = forest.trees.map(({ nodes, feature, value, cover }) => {
      let sum = 0;
      for (let node = 0; node < nodes; node++)
        if (feature[node] < 0) sum += value[node] * cover[node];
      return sum / cover[0];
    });
    const mean = means.reduce((sum, value) => sum + value, 0) / 3;
    expect(treeShap(forest, rowOf(data.columns, 0)).base).toBeCloseTo(mean, 10);
  });

  it('passes by leaves that no training weight reached, unless the row goes there', () => {
    const forest = forestOf(
      [[0], [0]],
      [
        {
          feature: 0,
          cut: 0,
          left: { feature: 1, cut: 0, left: leaf(1, 2), right: leaf(50, 0) },
          right: leaf(3, 2),
        },
      ],
    );
    for (const row of [
      [-1, -1],
      [-1, 1],
      [1, -1],
      [1, 1],
    ]) {
      expectDefinition(forest, row);
    }
  });

  it('explains a forest of single leaves by nothing', () => {
    const forest = forestOf([[]], [leaf(7, 3), leaf(9, 1)]);
    expect(treeShap(forest, [1])).toEqual({ base: 8, values: Float64Array.of(0) });
  });

  it('refuses trees without covers and rows of another width', () => {
    const forest = forestOf([[0]], [{ feature: 0, cut: 0, left: leaf(1, 0), right: leaf(2, 0) }]);
    expect(() => treeShap(forest, [1])).toThrow(ForestError);
    expect(() => treeShap(forest, [1])).toThrow(/children of node 0 have cover 0/);
    expect(() => treeShap(forest, [1, 2])).toThrow(/got 2 numbers, wanted 1/);
  });
});

describe('Gauss–Legendre points', () => {
  it.each([1, 2, 3, 8, 16, 64])('%i of them integrate twice as many powers exactly', (count) => {
    const [points, weights] = gaussLegendre(count);
    for (let power = 0; power < 2 * count; power++) {
      const integral = points.reduce((sum, x, k) => sum + weights[k] * x ** power, 0);
      expect(integral).toBeCloseTo(1 / (power + 1), 14);
    }
    const beyond = points.reduce((sum, x, k) => sum + weights[k] * x ** (2 * count), 0);
    if (count < 8) expect(Math.abs(beyond - 1 / (2 * count + 1))).toBeGreaterThan(1e-6);
  });
});
