import fc from 'fast-check';
import {
  calibrate,
  fit,
  Forest,
  type Calibration,
  type FitOptions,
  type IsotonicCalibration,
} from '../../src/index.js';
import { fromOnnx, toOnnx } from '../../src/onnx/index.js';
import { Random } from '../../src/random.js';
import { mixedData, mixedSchema, uniform } from '../data.js';
import { onnxRuntimePredictions } from '../onnx-runtime.js';
import { boosted, forestOfParts, kinds } from '../parts.js';

/** The mean of the leaves is rounded to float32 once; leaves may be added in another order. */
const TOLERANCE = 2 ** -24 + 1e-14;

/** Rows that try every cut, place and oddity. */
function tryingRows(forest: Forest): number[][] {
  const cuts = forest.bins.flatMap((bins) => [...bins.cuts]);
  const value = fc.oneof(
    fc.double({ min: -1, max: 8 }),
    fc.double(),
    fc.constantFrom(NaN, Infinity, -Infinity, -0, 0, -1, 0.5, 1, 2, 3, 4, 4.5, 5, 6, 1e9, ...cuts),
  );
  return fc.sample(fc.tuple(value, value, value), { numRuns: 3000, seed: 1 });
}

function expectSameInRuntime(forest: Forest, rows: readonly number[][]): void {
  const theirs = onnxRuntimePredictions(toOnnx(forest), rows, 'float64');
  let worst = 0;
  rows.forEach((row, i) => {
    const ours = forest.predict(row);
    worst = Math.max(worst, Math.abs(theirs[i] - ours) / Math.abs(ours));
  });
  expect(worst).toBeLessThanOrEqual(TOLERANCE);
}

const variants: [string, FitOptions, number][] = [
  ['with missing values', {}, 0.2],
  ['without missing values', {}, 0],
  ['of one tree', { trees: 1 }, 0.1],
  ['of single leaves', { minLeafRows: 10_000 }, 0.1],
  ['with random cuts', { extraTrees: true, maxFeatures: 1 }, 0.2],
];

describe('an exported forest', () => {
  it.each(variants)(
    '%s predicts in ONNX Runtime what it predicts here, rounded',
    (_, options, missing) => {
      const { forest } = fit(mixedData({ rows: 400, missing }), {
        trees: 20,
        minLeafRows: 2,
        ...options,
      });
      expectSameInRuntime(forest, tryingRows(forest));
    },
  );

  it('tells observed from missing where nothing else matters', () => {
    const data = mixedData({ rows: 300 });
    const random = new Random(7, 0);
    const size = data.columns.values[0].map((x) => (uniform(random) < 0.5 ? NaN : x));
    const target = size.map((x) => (Number.isNaN(x) ? 1 : 2) + 0.01 * uniform(random));
    const { forest } = fit(
      { columns: { ...data.columns, values: [size, ...data.columns.values.slice(1)] }, target },
      { trees: 3, maxDepth: 1 },
    );
    const pastTheLast = forest.trees.some(({ cut }) => cut[0] === forest.bins[0].cuts.length);
    expect(pastTheLast).toBe(true);
    expectSameInRuntime(forest, tryingRows(forest));
  });

  it('sorts any number of categories', () => {
    const categories = Array.from({ length: 3000 }, (_, place) => `c${place}`);
    const schema = { features: [{ name: 'c', kind: 'categorical' as const, categories }] };
    const rows = 9000;
    const places = Float64Array.from({ length: rows }, (_, i) => i % 3000);
    const target = places.map((place) => ((place * 7919) % 13) + 1);
    const { forest } = fit(
      { columns: { schema, rows, values: [places] }, target },
      { trees: 2, minLeafRows: 20 },
    );
    const tried = Array.from({ length: 3003 }, (_, i) => [i < 3002 ? i - 1 : NaN]);
    expectSameInRuntime(forest, tried);
  });

  it('keeps a set that all categories and missing values are in', () => {
    const { forest } = fit(mixedData({ rows: 300 }), { trees: 1, maxDepth: 3 });
    const [tree] = forest.trees;
    const missingLeft = tree.missingLeft.map((side, node) => (tree.feature[node] === 2 ? 1 : side));
    expect(tree.sets.length).toBeGreaterThan(0);
    const full = { ...tree, missingLeft, sets: tree.sets.map(() => 31) };
    const forged = new Forest(forest.schema, forest.parameters, forest.bins, [full]);
    expectSameInRuntime(forged, tryingRows(forged));
    const back = fromOnnx(toOnnx(forged));
    for (const row of tryingRows(forged)) expect(back.predict(row)).toBe(forged.predict(row));
  });

  it.each<[string, FitOptions]>([
    ['of 20 trees', { trees: 20 }],
    ['of one tree', { trees: 1, minLeafRows: 60 }],
    ['of many trees', { trees: 300, minLeafRows: 40 }],
  ])('%s carries its calibration along', (_, options) => {
    const data = mixedData({ rows: 400, missing: 0.1 });
    const { forest } = calibrate(data, fit(data, options));
    expect((forest.calibration as IsotonicCalibration).x.length).toBeGreaterThan(
      options.trees === 1 ? 3 : 20,
    );
    expectSameInRuntime(forest, tryingRows(forest));
  });

  it.each([
    ['steep', [1, 1 + 1e-7, 3], [-5, 40, 40.5]],
    ['of one point', [1.5], [7]],
    ['of small numbers', [-2, 0.5, 2.5], [1e-9, 3e-9, 1e-8]],
  ])('keeps a calibration that is %s', (_, x, y) => {
    const { forest } = fit(mixedData({ rows: 200 }), { trees: 9 });
    const { schema, parameters, bins, trees } = forest;
    const calibration = { x: Float64Array.from(x), y: Float64Array.from(y) };
    expectSameInRuntime(
      new Forest(schema, parameters, bins, trees, calibration),
      tryingRows(forest),
    );
  });

  const calibrations: Record<string, Calibration | null> = {
    'as it is': null,
    'calibrated by points': {
      x: Float64Array.of(-0.5, 0.1, 0.2, 0.9),
      y: Float64Array.of(0.01, 0.02, 0.5, 0.6),
    },
    "calibrated by Platt's map": { slope: 1.7, intercept: -0.9 },
  };
  const mixed = Object.keys(kinds).flatMap((name) =>
    Object.keys(calibrations).map((how) => ({ name, how })),
  );

  it.each(mixed)('keeps $name, $how', ({ name, how }) => {
    const forest = forestOfParts(kinds[name]).with({ calibration: calibrations[how] });
    expectSameInRuntime(forest, tryingRows(forest));
  });

  it("keeps a bag that is calibrated by Platt's map, also where chances are sure", () => {
    const { forest } = fit(mixedData({ rows: 200, missing: 0.1 }), { trees: 9 });
    const calibration = { slope: 0.3, intercept: -5 };
    // The targets reach from below 0 to above 1.
    expectSameInRuntime(forest.with({ calibration }), tryingRows(forest));
  });

  it.each(['logit', 'log'] as const)('keeps parts of nothing but 0 (%s)', (link) => {
    const forest = forestOfParts(boosted(link));
    const { schema, parameters, bins, parts } = forest;
    const trees = forest.trees.map((tree) => ({ ...tree, value: tree.value.map(() => 0) }));
    const flat = new Forest(schema, parameters, bins, trees, null, null, { parts });
    expectSameInRuntime(flat, [[0.5, 1, 2]]);
  });

  it('is refused with a calibration and more trees than pieces can be summed of', () => {
    const { forest } = fit(mixedData({ rows: 20 }), { trees: 1 });
    const { schema, parameters, bins, trees } = forest;
    const many = Array.from({ length: 2 ** 16 + 1 }, () => trees[0]);
    const calibration = { x: Float64Array.of(1), y: Float64Array.of(1) };
    expect(() => toOnnx(new Forest(schema, parameters, bins, many, calibration))).toThrow(
      expect.objectContaining({ code: 'EXPORT_UNSUPPORTED' }),
    );
  });

  it('is small and names its producer, its input and its columns', () => {
    const { forest } = fit(mixedData({ rows: 50 }), { trees: 1, maxDepth: 1 });
    const text = Buffer.from(toOnnx(forest)).toString('latin1');
    for (const words of ['@adscale/forest', 'rows', '0: size, 1: place, 2: colour']) {
      expect(text).toContain(words);
    }
    expect(text).toContain(JSON.stringify(mixedSchema));
    expect(text.length).toBeLessThan(2000);
  });
});
