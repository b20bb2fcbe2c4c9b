import { fit, Forest, ForestError, treeShap, type Explanation } from '../../src/index.js';
import { Random } from '../../src/random.js';
import { gaussLegendre } from '../../src/explain/tree-walk.js';
import { exp, sigmoid } from '../../src/trees/links.js';
import { treesOf } from '../../src/trees/parts.js';
import { mixedData, numericColumns, rowOf, uniform } from '../data.js';
import { pathDependentGame, shapleyByOrders } from '../game.js';
import { forestOf, type Sketch } from '../hand-made.js';
import { boosted, forestOfParts, kinds, rows } from '../parts.js';

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
    expect(treeShap(forest, [1])).toEqual({
      base: 8,
      values: Float64Array.of(0),
      scale: 'prediction',
      link: 'identity',
    });
  });

  it('refuses trees without covers and rows of another width', () => {
    const forest = forestOf([[0]], [{ feature: 0, cut: 0, left: leaf(1, 0), right: leaf(2, 0) }]);
    expect(() => treeShap(forest, [1])).toThrow(ForestError);
    expect(() => treeShap(forest, [1])).toThrow(/children of node 0 have cover 0/);
    expect(() => treeShap(forest, [1, 2])).toThrow(/got 2 numbers, wanted 1/);
  });
});

const inverse = { identity: (x: number) => x, logit: sigmoid, log: exp };

/** A forest of one part of another, whole. */
function partAlone(forest: Forest, at: number): Forest {
  const { schema, parameters, bins, trees, parts } = forest;
  const from = parts.slice(0, at).reduce((sum, part) => sum + treesOf(part), 0);
  const own = trees.slice(from, from + treesOf(parts[at]));
  const alone = { parts: [{ ...parts[at], weight: 1 }] };
  return new Forest(schema, parameters, bins, own, null, null, alone);
}

describe('TreeSHAP of a part', () => {
  it.each(['logit', 'log', 'identity'] as const)(
    'is the Shapley value of its margin, and says so (%s)',
    (link) => {
      const forest = forestOfParts(boosted(link));
      for (const row of rows.slice(0, 20)) {
        const found = treeShap(forest, row);
        // The reference plays for the mean of fifteen trees, the part adds them up in three members.
        const game = pathDependentGame(forest.trees, forest.bins, row);
        const expected = shapleyByOrders(row.length, (knows) => -0.7 + game(knows) * (15 / 3));
        found.values.forEach((value, f) => expect(value).toBeCloseTo(expected[f], 10));
        expect(inverse[link](sumOf(found))).toBeCloseTo(forest.predict(row), 12);
        const scale = link === 'identity' ? 'prediction' : 'margin';
        expect([found.scale, found.link]).toEqual([scale, link]);
      }
    },
  );

  it("explains Platt's calibration along with log-odds, and no other", () => {
    const plain = forestOfParts(boosted('logit'));
    const platt = plain.with({ calibration: { slope: 0.8, intercept: -0.3 } });
    const points = { x: Float64Array.of(0, 1), y: Float64Array.of(0.2, 0.6) };
    for (const row of rows.slice(0, 20)) {
      expect(sigmoid(sumOf(treeShap(platt, row)))).toBeCloseTo(platt.predict(row), 12);
      expect(treeShap(plain.with({ calibration: points }), row)).toEqual(treeShap(plain, row));
    }
  });
});

describe('TreeSHAP of a mixture', () => {
  const mixtures = ['a mixture of a bag and a bag of boosters', 'a mixture of three'];

  it.each(mixtures)('scales the values of each part to how far it moves (%s)', (name) => {
    const forest = forestOfParts(kinds[name]);
    for (const row of rows) {
      const found = treeShap(forest, row);
      expect(found).toMatchObject({ scale: 'prediction', link: 'identity' });
      expect(sumOf(found)).toBeCloseTo(forest.predict(row), 12);
      const expected = new Float64Array(row.length);
      forest.parts.forEach(({ weight, link }, p) => {
        const alone = treeShap(partAlone(forest, p), row);
        const moved = inverse[link](sumOf(alone)) - inverse[link](alone.base);
        const scale = moved / (sumOf(alone) - alone.base);
        alone.values.forEach((value, f) => (expected[f] += weight * scale * value));
      });
      found.values.forEach((value, f) => expect(value).toBeCloseTo(expected[f], 9));
    }
  });

  it('is exact where no part has a link', () => {
    const half = { link: 'identity', weight: 0.5 } as const;
    const forest = forestOfParts([
      { ...half, base: 1, members: [2, 1] },
      { ...half, base: -2, members: [3] },
    ]);
    const [row] = rows.slice(5);
    const games = [0, 1].map((p) => {
      const { trees, bins } = partAlone(forest, p);
      return pathDependentGame(trees, bins, row);
    });
    const expected = shapleyByOrders(
      row.length,
      (knows) => 0.5 * games[0](knows) * (3 / 2) + 0.5 * games[1](knows) * 3,
    );
    treeShap(forest, row).values.forEach((value, f) => expect(value).toBeCloseTo(expected[f], 10));
  });

  it('follows the tangent where what features do to a margin cancels out', () => {
    const parts = [
      { link: 'logit', base: 0, weight: 0.5, members: [2] },
      { link: 'log', base: 0, weight: 0.5, members: [2] },
    ] as const;
    const step = (feature: number, height: number): Sketch => ({
      feature,
      cut: 0,
      left: leaf(-height, 1),
      right: leaf(height, 1),
    });
    const { schema, parameters, bins, trees } = forestOf(
      [[0], [0]],
      [step(0, 1), step(1, -1), step(0, 1), step(1, -1)],
    );
    const forest = new Forest(schema, parameters, bins, trees, null, null, { parts });
    const { base, values } = treeShap(forest, [1, 1]);
    expect(base).toBe(0.75);
    const slope = 0.5 * 0.25 + 0.5;
    expect(values[0]).toBeCloseTo(slope, 14);
    expect(values[1]).toBeCloseTo(-slope, 14);
  });

  it('adds up the values of the columns of a group', () => {
    const groups = [[2, 0], [1]];
    for (const forest of [forestOfParts(boosted('logit')), forestOfParts(kinds[mixtures[1]])]) {
      const { base, values } = treeShap(forest, rows[9]);
      const found = treeShap(forest, rows[9], { groups });
      expect(found.base).toBe(base);
      expect(found.values).toEqual(Float64Array.of(values[2] + values[0], values[1]));
    }
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
