import { fit, Forest, impurityImportance, mae, permutationImportance } from '../../src/index.js';
import { goesLeft } from '../../src/trees/walk.js';
import { Random } from '../../src/random.js';
import { mixedData, numericColumns, rowOf, uniform } from '../data.js';
import { forestOf, type Sketch } from '../hand-made.js';

const leaf = (value: number, cover = 1): Sketch => ({ value, cover });
const stump = (feature: number, gain: number, cover: number): Sketch => ({
  feature,
  cut: 0,
  gain,
  left: leaf(0, cover / 2),
  right: leaf(1, cover / 2),
});

/** A useful feature of two values, noise of two values, noise of many, and a constant. */
function noisyData(seed: number): Parameters<typeof fit>[0] & { target: Float64Array } {
  const random = new Random(seed, 0);
  const column = (draw: () => number): number[] => Array.from({ length: 600 }, draw);
  const useful = column(() => random.below(2));
  const coin = column(() => random.below(2));
  const fine = column(() => uniform(random));
  const columns = numericColumns(
    useful,
    coin,
    fine,
    column(() => 3),
  );
  return { columns, target: Float64Array.from(useful, (x) => x + 2 * uniform(random)) };
}

describe('impurity importance', () => {
  it('is the saved loss per unit of in-bag weight, averaged over trees, in shares', () => {
    // Tree 1 saves 6 / 2 = 3 by x0; tree 2 saves 4 / 4 = 1 by x1; x2 is never asked for.
    const forest = forestOf([[0], [0], [0]], [stump(0, 6, 2), stump(1, 4, 4)]);
    expect(impurityImportance(forest)).toEqual([
      { feature: 'x0', importance: 0.75 },
      { feature: 'x1', importance: 0.25 },
      { feature: 'x2', importance: 0 },
    ]);
  });

  it('is the squared error that splits saved, as counted from the training rows', () => {
    const data = mixedData({ rows: 300, missing: 0.1 });
    const { forest } = fit(data, { trees: 1, bootstrap: false });
    const [tree] = forest.trees;
    const errors = new Float64Array(tree.nodes);
    data.target.forEach((y, i) => {
      const row = rowOf(data.columns, i);
      for (let node = 0, f = tree.feature[0]; ; f = tree.feature[node]) {
        errors[node] += data.weight[i] * (y - tree.value[node]) ** 2;
        if (f < 0) break;
        node = tree.left[node] + +!goesLeft(tree, node, forest.bins[f], row[f]);
      }
    });
    const saved = [0, 0, 0];
    tree.feature.forEach((f, node) => {
      const { [node]: left } = tree.left;
      if (f >= 0) saved[f] += errors[node] - errors[left] - errors[left + 1];
    });
    const total = saved[0] + saved[1] + saved[2];
    const shares = impurityImportance(forest);
    shares.forEach(({ importance }, f) => expect(importance).toBeCloseTo(saved[f] / total, 9));
  });

  it('has the bias that its documentation tells of: noise of many values beats noise of few', () => {
    const [useful, coin, fine] = impurityImportance(
      fit(noisyData(1), { trees: 30, minLeafRows: 1 }).forest,
    );
    expect(fine.importance).toBeGreaterThan(5 * coin.importance);
    expect(fine.importance).toBeGreaterThan(useful.importance);
  });

  it('adds up over the columns of a group', () => {
    const forest = forestOf([[0], [0], [0]], [stump(0, 6, 2), stump(1, 4, 4)]);
    expect(impurityImportance(forest, { groups: [[2, 1], [0]] })).toEqual([
      { feature: 'x2 + x1', importance: 0.25 },
      { feature: 'x0', importance: 0.75 },
    ]);
  });

  it('averages the parts of a mixture by weight, whatever loss each saved', () => {
    const { schema, parameters, bins, trees } = forestOf(
      [[0], [0]],
      [stump(0, 3, 1), stump(1, 1, 1), stump(1, 1e9, 1), leaf(2)],
    );
    const part = { link: 'identity', base: 0 } as const;
    const parts = [
      { ...part, weight: 0.25, members: [1, 1] },
      { ...part, weight: 0.25, members: [1] },
      { ...part, weight: 0.5, members: [1] },
    ];
    const forest = new Forest(schema, parameters, bins, trees, null, null, { parts });
    // The part that does not split has nothing to say.
    expect(impurityImportance(forest).map(({ importance }) => importance)).toEqual([0.375, 0.625]);
  });

  it('is 0 for all where no tree splits', () => {
    const forest = forestOf([[0], [0]], [leaf(1)]);
    expect(impurityImportance(forest).map(({ importance }) => importance)).toEqual([0, 0]);
  });

  it('refuses trees that do not tell what splits saved', () => {
    const forest = forestOf([[0]], [stump(0, 0, 2)]);
    expect(() => impurityImportance(forest)).toThrow(
      expect.objectContaining({ code: 'STATISTICS_ABSENT' }),
    );
  });
});

describe('permutation importance', () => {
  it('is exactly 0, in every repeat, for a feature that no tree asks for', () => {
    const data = noisyData(1);
    const { forest } = fit(data, { trees: 20 });
    const constant = permutationImportance(forest, data)[3];
    expect(constant).toEqual({ feature: 'x3', mean: 0, spread: 0, rises: new Float64Array(5) });
  });

  it('finds on fresh rows what is useful, and sees through noise of many values', () => {
    const { forest } = fit(noisyData(1), { trees: 30, minLeafRows: 20 });
    const [useful, coin, fine] = permutationImportance(forest, noisyData(2));
    expect(useful.mean).toBeGreaterThan(0.3);
    expect(coin.mean).toBeLessThan(0.02);
    expect(fine.mean).toBeLessThan(0.02);
  });

  it('is, averaged over shuffles, what pairing every row with every value gives', () => {
    // f(x) = x over {0, 1}: a permuted value errs by 1 whenever it differs from its row's own.
    const forest = forestOf([[0.5]], [stump(0, 1, 2)]);
    const x = Array.from({ length: 40 }, (_, i) => +(i % 4 === 0));
    const input = { columns: numericColumns(x), target: Float64Array.from(x) };
    const [{ mean, spread, rises }] = permutationImportance(forest, input, { repeats: 2000 });
    // Each row meets each row's value with the same chance: 2 · ¼ · ¾.
    expect(mean).toBeCloseTo(0.375, 2);
    expect(mean).toBeCloseTo(rises.reduce((sum, rise) => sum + rise, 0) / 2000, 12);
    const variance = rises.reduce((sum, rise) => sum + (rise - mean) ** 2, 0) / 1999;
    expect(spread).toBeCloseTo(Math.sqrt(variance), 12);
    expect(spread).toBeGreaterThan(0.05);
  });

  it('deals the values of a group to other rows together', () => {
    // x0 and x1 are always equal and the forest asks for both: apart, they no longer fit.
    const both: Sketch = {
      feature: 0,
      cut: 0,
      left: leaf(0),
      right: { feature: 1, cut: 0, left: leaf(100), right: leaf(1) },
    };
    const forest = forestOf([[0.5], [0.5]], [both]);
    const x = Array.from({ length: 40 }, (_, i) => +(i % 4 === 0));
    const input = { columns: numericColumns(x, x), target: Float64Array.from(x) };
    const groups = [[0, 1]];
    const [{ feature, rises }] = permutationImportance(forest, input, { groups, repeats: 9 });
    expect(feature).toBe('x0 + x1');
    rises.forEach((rise) => expect(rise).toBeLessThanOrEqual(0.5));
    expect(permutationImportance(forest, input)[0].mean).toBeGreaterThan(100);
    const apart = { groups: [[0], [1]], seed: 3 };
    expect(permutationImportance(forest, input, apart)).toEqual(
      permutationImportance(forest, input, { seed: 3 }),
    );
  });

  it('counts rows by weight in the loss', () => {
    const forest = forestOf([[0.5]], [stump(0, 1, 2)]);
    const x = [0, 0, 1, 1];
    const input = { columns: numericColumns(x), target: Float64Array.from(x) };
    const options = { repeats: 50 };
    const weighted = { ...input, weight: Float64Array.of(1, 0, 0, 0) };
    const [{ rises }] = permutationImportance(forest, weighted, options);
    // Only row 0 counts: it meets its own value 0 or the other value 1.
    expect(new Set(rises)).toEqual(new Set([0, 1]));
  });

  it('measures the loss it is given, and hands it target, predictions and weight', () => {
    const data = mixedData({ rows: 60 });
    const { forest } = fit(data, { trees: 3 });
    const loss = jest.fn(mae);
    const [first] = permutationImportance(forest, data, { loss, repeats: 1 });
    expect(loss).toHaveBeenCalledTimes(4);
    const [target, , weight] = loss.mock.calls[0];
    expect([target, weight]).toEqual([data.target, data.weight]);
    const untouched = data.target.map((_, i) => forest.predict(rowOf(data.columns, i)));
    const before = mae(data.target, untouched, data.weight);
    expect(first.mean).toBe(first.rises[0]);
    expect(first.mean).toBe(Number(loss.mock.results[1].value) - before);
    expect(first.spread).toBe(0);
  });

  it('is the same for the same seed, and leaves the columns as they were', () => {
    const data = mixedData({ rows: 80 });
    const { forest } = fit(data, { trees: 3 });
    const first = permutationImportance(forest, data, { seed: 1 });
    expect(permutationImportance(forest, data, { seed: 1 })).toEqual(first);
    expect(permutationImportance(forest, data, { seed: 2 })).not.toEqual(first);
    expect(data).toEqual(mixedData({ rows: 80 }));
  });

  it.each([
    ['no repeats', {}, { repeats: 0 }, /repeats is 0/],
    ['a broken seed', {}, { seed: 0.5 }, /seed is 0.5/],
    ['a short target', { target: new Float64Array(2) }, {}, /target has 2 rows, wanted 50/],
    ['a long weight', { weight: new Float64Array(51) }, {}, /weight has 51 rows, wanted 50/],
    ['other features', { columns: numericColumns([1]) }, {}, /column 0 is x0, wanted size/],
  ])('refuses %s', (_, change, options, message) => {
    const data = mixedData({ rows: 50 });
    const { forest } = fit(data, { trees: 1 });
    expect(() => permutationImportance(forest, { ...data, ...change }, options)).toThrow(message);
  });
});
