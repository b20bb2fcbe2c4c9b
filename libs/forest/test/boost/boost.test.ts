import {
  boost,
  logLoss,
  r2,
  Random,
  type BoostLoss,
  type BoostOptions,
  type Forest,
} from '../../src/index.js';
import { checkTree } from '../../src/trees/tree.js';
import { leafOf } from '../../src/trees/walk.js';
import { rowOf } from '../data.js';
import { clickData, type ClickInput } from './data.js';
import { referenceMargins } from './reference.js';

const predictionsOf = (forest: Forest, { columns }: Pick<ClickInput, 'columns'>): Float64Array =>
  Float64Array.from({ length: columns.rows }, (_, i) => forest.predict(rowOf(columns, i)));

const marginsOf = (
  { parts: [{ base, members }], trees, bins }: Forest,
  row: number[],
): number[] => {
  let t = 0;
  return members.map((count) =>
    trees
      .slice(t, (t += count))
      .reduce((sum, tree) => sum + tree.value[leafOf(tree, bins, row)], base),
  );
};

const losses: BoostLoss[] = ['squared_error', 'binomial', 'poisson'];

describe.each(losses)('boosting by %s', (loss) => {
  const rules = {
    loss,
    rounds: 6,
    learningRate: 0.3,
    maxDepth: 3,
    l2: 2.5,
    minChildWeight: 1.5,
    minLeafRows: 2,
    categorySmoothing: 4,
  };

  it.each([
    ['whole rows', 0],
    ['rows that miss values', 0.2],
  ])('equals the naive booster on %s', (_, missing) => {
    const input = clickData({ rows: 160, missing, distinct: 15, seed: 4 });
    const { forest } = boost(input, { ...rules, folds: 1 });
    const rows = Array.from({ length: 160 }, (_, i) => i);
    const wanted = referenceMargins(input, rows, rules);
    rows.forEach((i) => {
      const [margin] = marginsOf(forest, rowOf(input.columns, i));
      expect(Math.abs(margin - wanted[5][i])).toBeLessThan(1e-9 * (1 + Math.abs(margin)));
    });
  });

  it('equals the naive booster without shrinkage', () => {
    const input = clickData({ rows: 140, distinct: 9, seed: 5 });
    const plain = { ...rules, l2: 0, categorySmoothing: 0 };
    const { forest } = boost(input, { ...plain, folds: 1 });
    const rows = Array.from({ length: 140 }, (_, i) => i);
    const wanted = referenceMargins(input, rows, plain)[5];
    rows.forEach((i) => {
      const [margin] = marginsOf(forest, rowOf(input.columns, i));
      expect(Math.abs(margin - wanted[i])).toBeLessThan(1e-9 * (1 + Math.abs(margin)));
    });
  });

  it('predicts rows left out by the booster that did not see them', () => {
    // Every row's features come in each fold, so that its way down is one that trained rows took.
    const drawn = clickData({ rows: 240, distinct: 6, seed: 6 });
    const values = drawn.columns.values.map((column) => column.map((_, i) => column[i % 80]));
    const input = { ...drawn, columns: { ...drawn.columns, values } };
    const fold = Array.from({ length: 240 }, (_, i) => Math.floor(i / 80));
    const { forest, outOfBag } = boost({ ...input, fold }, { ...rules, folds: 3, patience: 99 });
    forest.parts[0].members.forEach((trees, k) => {
      const seen = fold.flatMap((f, i) => (f === k ? [] : [i]));
      const wanted = referenceMargins(input, seen, rules)[trees - 1];
      fold.forEach((f, i) => {
        if (f !== k) return;
        const inverse = { squared_error: wanted[i], binomial: 1 / (1 + Math.exp(-wanted[i])) };
        const mean = { ...inverse, poisson: Math.exp(wanted[i]) }[loss];
        expect(outOfBag.predictions[i]).toBeCloseTo(mean, 9);
      });
    });
  });

  it('learns the truth better than its noisy targets tell it', () => {
    const input = clickData({ rows: 3000, seed: 8 });
    const { forest, outOfBag } = boost(input, { loss, learningRate: 0.2, rounds: 80 });
    expect(r2(input.truth, predictionsOf(forest, input))).toBeGreaterThan(0.93);
    expect(r2(input.truth, outOfBag.predictions)).toBeGreaterThan(0.9);
    expect(outOfBag.r2).toBeGreaterThan(0.4);
    expect(outOfBag.variances.every((variance) => variance >= 0)).toBe(true);
  });

  it('compiles to what it predicts, to the bit', () => {
    const input = clickData({ rows: 300, missing: 0.1 });
    const { forest } = boost(input, { loss, rounds: 30 });
    for (const maxTableCells of [2 ** 22, 0]) {
      const compiled = forest.compile({ maxTableCells });
      for (let i = 0; i < 300; i++) {
        const row = rowOf(input.columns, i);
        expect(compiled.predict(row)).toBe(forest.predict(row));
      }
    }
  });
});

const input = clickData({ rows: 1500, missing: 0.1 });
const binomial: BoostOptions = { loss: 'binomial', rounds: 40, learningRate: 0.2 };

describe('a boosted forest', () => {
  it('is of sound trees, whose covers are the weight of all rows', () => {
    const { forest } = boost(input, { ...binomial, folds: 2 });
    const all = input.weight.reduce((sum, w) => sum + w, 0);
    for (const tree of forest.trees) {
      expect(checkTree(tree, forest.bins)).toBeNull();
      expect(tree.cover[0]).toBeCloseTo(all, 6);
      for (let node = 0; node < tree.nodes; node++) {
        const left = tree.left[node];
        if (left === 0) continue;
        expect(tree.cover[node]).toBeCloseTo(tree.cover[left] + tree.cover[left + 1], 6);
      }
    }
  });

  it('rises and falls as monotone says', () => {
    const { forest } = boost(input, { ...binomial, monotone: { price: -1, hour: 1 } });
    const random = new Random(3, 0);
    for (let i = 0; i < 300; i++) {
      const row = rowOf(input.columns, random.below(1500));
      const [a, b] = [random.unit(), random.unit()].sort((x, y) => x - y);
      const at = (f: number, x: number): number =>
        forest.predict(row.map((v, g) => (g === f ? x : v)));
      expect(at(0, a)).toBeGreaterThanOrEqual(at(0, b));
      expect(at(1, 12 * a)).toBeLessThanOrEqual(at(1, 12 * b));
    }
  });

  it('of some leaves grows the best first, and no more', () => {
    const { forest } = boost(input, { ...binomial, maxLeaves: 5, maxDepth: 20 });
    for (const { nodes } of forest.trees) expect(nodes).toBeLessThanOrEqual(9);
    const free = boost(input, { ...binomial, folds: 1, rounds: 1, maxDepth: 2 }).forest.trees[0];
    const best = boost(input, { ...binomial, folds: 1, rounds: 1, maxLeaves: 4 }).forest.trees[0];
    const gainOf = (tree: typeof free): number => tree.gain.reduce((sum, gain) => sum + gain, 0);
    expect(gainOf(best)).toBeGreaterThanOrEqual(gainOf(free) * (1 - 1e-9));
  });

  it('of as many leaves as its depth allows is the one grown depth first', () => {
    const options = { ...binomial, folds: 1, rounds: 5, maxDepth: 4 };
    const deep = boost(input, options).forest;
    const wide = boost(input, { ...options, maxLeaves: 16 }).forest;
    for (let i = 0; i < 1500; i++) {
      const row = rowOf(input.columns, i);
      expect(wide.predict(row)).toBeCloseTo(deep.predict(row), 12);
    }
  });

  it('keeps rows, weight and gain in its leaves', () => {
    const { forest } = boost(input, { ...binomial, folds: 1, minLeafRows: 100, rounds: 3 });
    for (const tree of forest.trees) {
      const rows = new Map<number, number>();
      for (let i = 0; i < 1500; i++) {
        const leaf = leafOf(tree, forest.bins, rowOf(input.columns, i));
        rows.set(leaf, (rows.get(leaf) ?? 0) + 1);
      }
      expect(Math.min(...rows.values())).toBeGreaterThanOrEqual(100);
    }
    const stumps = boost(input, { ...binomial, folds: 1, minChildWeight: 1e9 }).forest;
    expect(stumps.trees.every(({ nodes }) => nodes === 1)).toBe(true);
    const gainless = boost(input, { ...binomial, folds: 1, minGain: 1e9 }).forest;
    expect(gainless.trees.every(({ nodes }) => nodes === 1)).toBe(true);
  });

  it('stops where the rows left out are predicted worse', () => {
    const noise = new Random(5, 5);
    const target = input.target.map(() => noise.below(2));
    const { forest, stopped } = boost(
      { ...input, target },
      { ...binomial, rounds: 300, patience: 5 },
    );
    expect(stopped).toEqual([true, true, true, true, true]);
    for (const trees of forest.parts[0].members) expect(trees).toBeLessThan(30);
  });

  it('keeps the trees up to the best for the rows left out', () => {
    const fold = input.target.map((_, i) => i % 2);
    const { forest, outOfBag } = boost({ ...input, fold }, { ...binomial, folds: 2, rounds: 120 });
    const kept = logLoss(input.target, outOfBag.predictions, input.weight);
    for (const rounds of [5, 20, 120]) {
      const other = boost({ ...input, fold }, { ...binomial, folds: 2, rounds, patience: 1000 });
      const loss = logLoss(input.target, other.outOfBag.predictions, input.weight);
      expect(kept).toBeLessThanOrEqual(loss + 1e-12);
    }
    expect(forest.parts[0].members.every((trees) => trees < 120)).toBe(true);
  });

  it('samples rows and features by its seed', () => {
    const options = { ...binomial, rowSample: 0.5, columnSample: 0.4, folds: 2, rounds: 10 };
    const [a, b, c] = [options, options, { ...options, seed: 1 }].map((o) => boost(input, o));
    expect(a.forest.trees).toEqual(b.forest.trees);
    expect(a.forest.trees).not.toEqual(c.forest.trees);
    for (const { feature } of a.forest.trees) {
      expect(new Set(feature.filter((f) => f >= 0)).size).toBeLessThanOrEqual(1);
    }
    const used = new Set(a.forest.trees.flatMap(({ feature }) => [...feature]));
    expect([...used].sort()).toEqual([-1, 0, 1, 2].sort());
  });

  it('samples each tree its share of the rows', () => {
    const { forest } = boost(input, {
      ...{ loss: 'squared_error', folds: 1, rounds: 30, maxDepth: 1, l2: 0, learningRate: 1 },
      rowSample: 0.3,
      minLeafRows: 225,
    });
    // Of 450 rows a leaf cannot keep 225 unless the other one keeps as many.
    expect(forest.trees.filter(({ nodes }) => nodes === 3).length).toBeLessThan(30);
    const all = boost(input, { loss: 'squared_error', folds: 1, rounds: 1, minLeafRows: 225 });
    expect(all.forest.trees[0].nodes).toBeGreaterThan(3);
  });

  it('of counted rows is that of the raw rows', () => {
    const count = input.target.map((_, i) => 1 + (i % 4));
    const rows = Array.from(count).flatMap((c, i) => Array<number>(c).fill(i));
    const pick = (values: Float64Array): Float64Array => Float64Array.from(rows, (i) => values[i]);
    const raw = {
      columns: { ...input.columns, rows: rows.length, values: input.columns.values.map(pick) },
      target: pick(input.target),
      weight: pick(input.weight),
    };
    const fold = input.target.map((_, i) => i % 2);
    const options = { ...binomial, folds: 2, rounds: 10, minLeafRows: 30 };
    const counted = boost({ ...input, count, fold }, options);
    const long = boost({ ...raw, fold: rows.map((i) => fold[i]) }, options);
    for (let i = 0; i < 1500; i += 7) {
      const row = rowOf(input.columns, i);
      expect(counted.forest.predict(row)).toBeCloseTo(long.forest.predict(row), 9);
    }
    expect(counted.outOfBag.r2).toBeCloseTo(long.outOfBag.r2, 9);
  });

  it('samples raw rows of counted rows', () => {
    const count = input.target.map((_, i) => 1 + (i % 50));
    const options = { ...binomial, rowSample: 0.5, folds: 2, rounds: 10 };
    const { forest } = boost({ ...input, count }, options);
    expect(boost({ ...input, count }, options).forest.trees).toEqual(forest.trees);
    expect(r2(input.truth, predictionsOf(forest, input))).toBeGreaterThan(0.5);
  });

  it('is not moved by rows that weigh nothing', () => {
    const weight = input.weight.map((w, i) => (i % 3 === 0 ? 0 : w));
    const kept = Array.from({ length: 1500 }, (_, i) => i).filter((i) => i % 3 > 0);
    const pick = (values: Float64Array): Float64Array => Float64Array.from(kept, (i) => values[i]);
    const fewer = {
      columns: { ...input.columns, rows: kept.length, values: input.columns.values.map(pick) },
      target: pick(input.target),
      weight: pick(input.weight),
    };
    const options = { ...binomial, folds: 1, rounds: 10 };
    const { forest } = boost({ ...input, weight }, options);
    const other = boost(fewer, options).forest;
    for (let i = 0; i < 1500; i += 5) {
      const row = rowOf(input.columns, i);
      expect(forest.predict(row)).toBeCloseTo(other.predict(row), 12);
    }
  });

  it('shows each booster the columns that know nothing of the rows it leaves out', () => {
    const fold = input.target.map((_, i) => i % 3);
    const asked: number[] = [];
    const columnsWithout = (k: number): ClickInput['columns'] => {
      asked.push(k);
      const [price, ...rest] = input.columns.values;
      return { ...input.columns, values: [price.map((x) => x + k), ...rest] };
    };
    const own = boost({ ...input, fold, columnsWithout }, { ...binomial, folds: 3, rounds: 10 });
    expect(asked).toEqual([0, 1, 2]);
    // Booster k alone, on its own columns, coded by the same bins.
    const alone = boost(
      { ...input, fold, columns: columnsWithout(2), bins: own.forest.bins },
      { ...binomial, folds: 3, rounds: 10 },
    );
    const members = own.forest.parts[0].members;
    const last = own.forest.trees.slice(-members[2]);
    expect(last).toEqual(alone.forest.trees.slice(-alone.forest.parts[0].members[2]));
    fold.forEach((f, i) => {
      if (f === 2) expect(own.outOfBag.predictions[i]).toBe(alone.outOfBag.predictions[i]);
    });
  });

  it('of one booster judges nobody', () => {
    const { outOfBag, forest } = boost(input, { ...binomial, folds: 1 });
    expect(outOfBag).toEqual({
      predictions: new Float64Array(0),
      variances: new Float64Array(0),
      r2: NaN,
      weightedR2: NaN,
    });
    expect(forest.intervals).toBeNull();
    expect(forest.parts).toEqual([{ ...forest.parts[0], members: [40] }]);
  });

  it('holds out where every row has the same outcome', () => {
    for (const [loss, value] of [
      ['binomial', 0],
      ['binomial', 1],
      ['poisson', 0],
      ['squared_error', 3],
    ] as const) {
      const target = input.target.map(() => value);
      const { forest } = boost({ ...input, target }, { loss, rounds: 5 });
      expect(forest.predict(rowOf(input.columns, 0))).toBeCloseTo(value, 9);
    }
  });

  it('tells of every tree, and of those that it did without', () => {
    const told: number[] = [];
    boost(input, { ...binomial, folds: 2, rounds: 300, patience: 3 }, (done, all) => {
      told.push(done);
      expect(all).toBe(600);
    });
    expect(told).toEqual([...told].sort((a, b) => a - b));
    expect(told.at(-1)).toBe(600);
  });
});

describe('what cannot be boosted', () => {
  it.each<[string, object, BoostOptions, string]>([
    ['a fold of no number', { fold: input.target.map(() => NaN) }, {}, 'COLUMNS_INVALID'],
    ['a fold past the last', { fold: input.target.map((_, i) => i % 9) }, {}, 'COLUMNS_INVALID'],
    ['a fold without rows', { fold: input.target.map((_, i) => i % 4) }, {}, 'COLUMNS_INVALID'],
    ['folds of other rows', { fold: [0, 1, 2, 3, 4] }, {}, 'COLUMNS_INVALID'],
    [
      'a chance above 1',
      { target: input.target.map(() => 2) },
      { loss: 'binomial' },
      'COLUMNS_INVALID',
    ],
    [
      'a rate below 0',
      { target: input.target.map(() => -1) },
      { loss: 'poisson' },
      'COLUMNS_INVALID',
    ],
    ['columns of other features', { columnsWithout: () => clickColumns() }, {}, 'COLUMNS_INVALID'],
    ['an option of a bag', {}, { trees: 5 } as BoostOptions, 'OPTION_INVALID'],
    ['a learning rate of 0', {}, { learningRate: 0 }, 'OPTION_INVALID'],
    ['half a round', {}, { rounds: 1.5 }, 'OPTION_INVALID'],
    ['a loss of another name', {}, { loss: 'gini' as BoostLoss }, 'OPTION_INVALID'],
    ['a monotone category', {}, { monotone: { place: 1 } }, 'OPTION_INVALID'],
    ['too many folds', {}, { folds: 256 }, 'OPTION_INVALID'],
  ])('%s is refused', (_, change, options, code) => {
    const refusal = expect.objectContaining({ code });
    expect(() => boost({ ...input, ...change }, options)).toThrow(refusal);
  });
});

function clickColumns(): ClickInput['columns'] {
  const { columns } = clickData({ rows: 1500 });
  const features = columns.schema.features.map((feature) => ({
    ...feature,
    name: 'x' + feature.name,
  }));
  return { ...columns, schema: { features } };
}
