import { fit, type FitInput, type FitOptions } from '../../src/index.js';
import { prepareFit } from '../../src/fit.js';
import { TreeGrower } from '../../src/grow/grower.js';
import { atOnce } from '../../src/steps.js';
import { Random } from '../../src/random.js';
import { mixedData, numericColumns, rowOf } from '../data.js';
import { expectSoundTree } from '../invariants.js';
import { referencePredictions } from '../reference.js';

const oneTree: FitOptions = { trees: 1, bootstrap: false, minLeafRows: 1 };

function predictions(input: FitInput, options: FitOptions): Float64Array {
  const { forest } = fit(input, { ...oneTree, ...options });
  return Float64Array.from(input.target, (_, i) => forest.predict(rowOf(input.columns, i)));
}

function expectClose(actual: Float64Array, expected: Float64Array): void {
  actual.forEach((value, i) => expect(value).toBeCloseTo(expected[i], 9));
}

describe('a tree', () => {
  it.each([1, 2, 3, 4, 5])('is the one that trying every split finds (data %i)', (seed) => {
    const input = mixedData({ rows: 120, seed });
    const rules = { maxDepth: 4, minLeafRows: 1 };
    expectClose(predictions(input, rules), referencePredictions(input, rules));
  });

  it('keeps minLeafRows on either side, and searches only what that leaves', () => {
    // Numbers only: with a bound on leaves the best set of categories need not be a prefix.
    const input = mixedData({ rows: 120, missing: 0.2 });
    const features = input.columns.schema.features.slice(0, 2);
    const columns = {
      ...input.columns,
      schema: { features },
      values: input.columns.values.slice(0, 2),
    };
    const rules = { maxDepth: 5, minLeafRows: 7 };
    const numbers = { ...input, columns };
    expectClose(predictions(numbers, rules), referencePredictions(numbers, rules));
  });

  it.each([1, 2, 3, 4, 5])('sends missing rows where they save most (data %i)', (seed) => {
    const input = mixedData({ rows: 90, seed, missing: 0.25 });
    const rules = { maxDepth: 4, minLeafRows: 1 };
    expectClose(predictions(input, rules), referencePredictions(input, rules));
  });

  it.each([1, 2, 3])('minimises Poisson deviance when asked to (data %i)', (seed) => {
    const input = mixedData({ rows: 90, seed });
    input.target.forEach((y, i) => (input.target[i] = y > 1.5 ? y : 0.1));
    const rules = { maxDepth: 3, minLeafRows: 1 };
    const expected = referencePredictions(input, { ...rules, poisson: true });
    expectClose(predictions(input, { ...rules, criterion: 'poisson' }), expected);
    expect(expected).not.toEqual(referencePredictions(input, rules));
  });

  it('weighs a row of weight 3 like three rows', () => {
    const input = mixedData({ rows: 80 });
    const times = Array.from(input.target, (_, i) => 1 + (i % 3));
    const repeated = times.flatMap((count, i) => Array<number>(count).fill(i));
    const pick = (values: Float64Array): Float64Array =>
      Float64Array.from(repeated, (i) => values[i]);
    const weighted = { ...input, weight: Float64Array.from(times) };
    const copied = {
      columns: { ...input.columns, rows: repeated.length, values: input.columns.values.map(pick) },
      target: pick(input.target),
    };
    const rules = { minLeafWeight: 6 };
    expectClose(pick(predictions(weighted, rules)), predictions(copied, rules));
  });

  it('does not see rows of weight 0', () => {
    const input = mixedData({ rows: 100 });
    input.weight.fill(0, 50);
    const poisoned = { ...input, target: input.target.map((y, i) => (i < 50 ? y : 1e6)) };
    expect(predictions(poisoned, {})).toEqual(predictions(input, {}));
  });

  it('is a leaf when all targets are equal', () => {
    const input = {
      columns: numericColumns([1, 2, 3, 4]),
      target: Float64Array.of(0.1, 0.1, 0.1, 0.1),
    };
    expect(fit(input, oneTree).forest.trees[0].nodes).toBe(1);
  });

  it('splits observed from missing when that is all there is', () => {
    const input = {
      columns: numericColumns([5, NaN, 5, NaN]),
      target: Float64Array.of(1, 2, 1, 2),
    };
    const { forest } = fit(input, oneTree);
    expect([5, -1e9, 1e9, Infinity, NaN].map((x) => forest.predict([x]))).toEqual([1, 1, 1, 1, 2]);
  });

  it('puts a cut between the values it separates', () => {
    const { forest } = fit(
      { columns: numericColumns([1, 2, 8, 9]), target: Float64Array.of(0, 0, 1, 1) },
      oneTree,
    );
    expect([4.99, 5, 5.01].map((x) => forest.predict([x]))).toEqual([0, 0, 1]);
  });
});

describe('the growing rules', () => {
  const input = mixedData({ rows: 600, missing: 0.1 });
  const variants: [string, FitOptions][] = [
    ['by default', {}],
    ['drawing features', { maxFeatures: 1 }],
    ['drawing most features', { maxFeatures: 2 }],
    ['best first', { maxLeaves: 20 }],
    ['with random cuts', { extraTrees: true }],
    ['with few bins', { maxBins: 4 }],
  ];

  it.each(variants)('give sound trees %s', (_, options) => {
    const fitting = atOnce(prepareFit(input, { minLeafRows: 3, ...options }));
    const { set, parameters } = fitting;
    const grower = new TreeGrower(set, parameters);
    for (let t = 0; t < 5; t++) {
      const tree = grower.grow(new Random(9, t));
      expectSoundTree(tree, set, grower.bag.drawn);
      expect(tree.nodes).toBeGreaterThan(9);
    }
  });

  const leaves = (options: FitOptions) => {
    const [tree] = fit(input, { ...oneTree, ...options }).forest.trees;
    return { tree, count: (tree.nodes + 1) / 2 };
  };

  it('keep to maxLeaves, taking the best gains first', () => {
    expect(leaves({ maxLeaves: 7 }).count).toBe(7);
    const { tree } = leaves({ maxLeaves: 2 });
    const gains = leaves({ maxLeaves: 30 }).tree.gain;
    expect(tree.gain[0]).toBe(Math.max(...gains));
  });

  it('keep to maxDepth', () => {
    expect(leaves({ maxDepth: 1 }).count).toBe(2);
    expect(leaves({ maxDepth: 3 }).count).toBeLessThanOrEqual(8);
  });

  it('keep minLeafWeight in every leaf', () => {
    const { tree } = leaves({ minLeafWeight: 40 });
    tree.cover.forEach((cover) => expect(cover).toBeGreaterThanOrEqual(40));
  });

  it('stop where a split saves less than minGain per unit of weight', () => {
    const { tree } = leaves({ minGain: 0.01 });
    const inner = [...tree.gain.keys()].filter((node) => tree.feature[node] >= 0);
    inner.forEach((node) => expect(tree.gain[node] / tree.cover[0]).toBeGreaterThan(0.01));
    expect(inner.length).toBeGreaterThan(2);
    expect(leaves({}).count).toBeGreaterThan(inner.length + 1);
  });

  it('never break a monotone constraint, however noisy the data', () => {
    const rising = fit(input, {
      trees: 20,
      minLeafRows: 1,
      monotone: { place: 1, size: -1 },
    }).forest;
    const free = fit(input, { trees: 20, minLeafRows: 1 }).forest;
    let breaks = 0;
    for (let i = 0; i < 100; i++) {
      const [size, , colour] = rowOf(input.columns, i);
      for (let place = 1; place < 6; place++) {
        const step = (forest: typeof free) =>
          forest.predict([size, place + 1, colour]) - forest.predict([size, place, colour]);
        expect(step(rising)).toBeGreaterThanOrEqual(0);
        breaks += +(step(free) < 0);
      }
      const fall = (from: number, to: number) =>
        rising.predict([to, 3, colour]) - rising.predict([from, 3, colour]);
      for (let x = 0; x < 0.95; x += 0.05) expect(fall(x, x + 0.05)).toBeLessThanOrEqual(0);
    }
    expect(breaks).toBeGreaterThan(0);
  });
});
