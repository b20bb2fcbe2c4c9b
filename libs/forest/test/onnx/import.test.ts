import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import {
  fit,
  readModel,
  writeModel,
  type Forest,
  type Link,
  type Schema,
} from '../../src/index.js';
import { nextDown } from '../../src/exchange/float32.js';
import { fromOnnx, toOnnx } from '../../src/onnx/index.js';
import { leafOf } from '../../src/trees/walk.js';
import { mixedData } from '../data.js';
import {
  ensembleBytes,
  ensemblePrediction,
  type EnsembleFile,
  type EnsembleNode,
} from '../onnx-ensemble.js';
import { onnxRuntimePredictions } from '../onnx-runtime.js';

const folder = join(__dirname, '../fixtures/onnx');

interface Fixture {
  readonly bytes: Uint8Array;
  readonly rows: readonly number[][];
  readonly predictions: readonly number[];
}

const readFixture = (name: string): Fixture => {
  const told = JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8'));
  const rows = told.rows.map((row: (number | null)[]) => row.map((x) => x ?? NaN));
  const bytes = readFileSync(join(folder, `${name}.onnx`));
  return { bytes, rows, predictions: told.predictions };
};

/** The largest relative difference. */
function worst(forest: Forest, rows: readonly number[][], theirs: ArrayLike<number>): number {
  expect(rows.length).toBeGreaterThanOrEqual(60);
  return rows.reduce((most, row, i) => {
    const ours = forest.predict(row);
    return Math.max(most, Math.abs(theirs[i] - ours) / Math.abs(ours));
  }, 0);
}

const nodesOf = (forest: Forest): number => forest.trees.reduce((sum, { nodes }) => sum + nodes, 0);

const makers = [
  'decision-tree',
  'random-forest',
  'extra-trees',
  'hist-gradient-boosting',
  'xgboost',
  'xgboost-forest',
  'xgboost-categories',
];

describe('a model with a link', () => {
  it.each<[string, Link, boolean]>([
    ['xgboost-classifier', 'logit', true],
    ['gradient-boosting-classifier', 'logit', false],
    ['random-forest-classifier', 'identity', true],
    ['xgboost-poisson', 'log', true],
  ])('predicts here what it predicts there (%s)', (name, link, isTensor) => {
    const { bytes, rows, predictions } = readFixture(name);
    const forest = fromOnnx(bytes);
    expect(forest.parts).toMatchObject([{ link, weight: 1, members: [forest.trees.length] }]);
    expect(worst(forest, rows, predictions)).toBeLessThanOrEqual(1e-6);
    const packed = forest.compile({ maxTableCells: 0 });
    for (const row of rows) expect(packed.predict(row)).toBe(forest.predict(row));
    // ONNX Runtime for Node does not give out what ZipMap makes.
    if (!isTensor) return;
    const runtime = onnxRuntimePredictions(bytes, rows, 'float32');
    const perRow = runtime.length / rows.length;
    const chances = rows.map((_, i) => runtime[i * perRow + perRow - 1]);
    expect(worst(forest, rows, chances)).toBeLessThanOrEqual(1e-6);
  });

  const nodes: EnsembleNode[] = [0, 1].flatMap((tree) => [
    { tree, id: 0, mode: 'BRANCH_LT', threshold: tree, yes: 1, no: 2, missingYes: tree === 1 },
    { tree, id: 1, mode: 'LEAF', weight: -0.75 },
    { tree, id: 2, mode: 'LEAF', weight: 0.5 + tree },
  ]);
  const rows = [[-1], [0], [0.5], [1], [NaN]];
  const margins = [-1.5, -0.25, -0.25, 2, -0.25].map((sum) => sum + 0.25);
  const chances = margins.map((margin) => 1 / (1 + Math.exp(-margin)));
  const counts = margins.map((margin) => Math.exp(margin));
  const classes = { opType: 'TreeEnsembleClassifier', labels: [0, 1], transform: 'LOGISTIC' };

  it.each<[string, EnsembleFile, Link, readonly number[]]>([
    ['Sigmoid of a regressor', { nodes, behind: ['Sigmoid'] }, 'logit', chances],
    ['Exp of a regressor, and Identity', { nodes, behind: ['Exp', 'Identity'] }, 'log', counts],
    ['LOGISTIC of votes for class 0', { nodes, ...classes }, 'logit', chances],
    [
      'LOGISTIC of votes for class 1',
      { nodes, ...classes, vote: 1, base: undefined },
      'logit',
      margins.map((margin) => 1 / (1 + Math.exp(0.25 - margin))),
    ],
    [
      'LOGISTIC of leaves above 0',
      {
        nodes: nodes.map((node) => ({ ...node, weight: node.weight && node.weight + 1 })),
        ...classes,
      },
      'logit',
      margins.map((margin) => 1 / (1 + Math.exp(-margin - 2))),
    ],
    ['labels that are words', { nodes, ...classes, labels: ['no', 'yes'] }, 'logit', chances],
    ['no transform of votes', { nodes, ...classes, transform: 'NONE' }, 'identity', margins],
  ])('is read with %s, as ONNX Runtime does', (_, file, link, expected) => {
    const bytes = ensembleBytes({ base: 0.25, ...file });
    const forest = fromOnnx(bytes);
    expect(forest.parts[0].link).toBe(link);
    const runtime = onnxRuntimePredictions(bytes, rows, 'float32');
    const perRow = runtime.length / rows.length;
    rows.forEach((row, i) => {
      expect(forest.predict(row)).toBeCloseTo(expected[i], 14);
      expect(runtime[i * perRow + perRow - 1]).toBeCloseTo(expected[i], 6);
    });
  });

  it('averages before its link where the file does', () => {
    const file = { nodes, aggregate: 'AVERAGE', base: 0.25, transform: 'LOGISTIC' };
    const forest = fromOnnx(ensembleBytes(file));
    expect(forest.parts).toEqual([{ link: 'logit', base: 0.25, weight: 1, members: [1, 1] }]);
    expect(forest.predict([-1])).toBeCloseTo(1 / (1 + Math.exp(0.5)), 14);
  });

  it('computes LOGISTIC of a regressor, which ONNX Runtime leaves out', () => {
    const bytes = ensembleBytes({ nodes, base: 0.25, transform: 'LOGISTIC' });
    const forest = fromOnnx(bytes);
    const runtime = onnxRuntimePredictions(bytes, rows, 'float32');
    expect(forest.parts[0].link).toBe('logit');
    rows.forEach((row, i) => {
      expect(forest.predict(row)).toBeCloseTo(chances[i], 14);
      expect(runtime[i]).toBe(margins[i]);
    });
  });
});

describe('an ensemble of scikit-learn or XGBoost', () => {
  it.each(makers)('predicts here what it predicts there and in ONNX Runtime (%s)', (name) => {
    const { bytes, rows, predictions } = readFixture(name);
    const forest = fromOnnx(bytes);
    expect(worst(forest, rows, predictions)).toBeLessThanOrEqual(1e-6);
    const runtime = onnxRuntimePredictions(bytes, rows, 'float32');
    expect(worst(forest, rows, runtime)).toBeLessThanOrEqual(1e-6);
  });

  it.each(makers)('compiles and is saved bit for bit (%s)', (name) => {
    const { bytes, rows } = readFixture(name);
    const forest = fromOnnx(bytes);
    const saved = readModel(writeModel(forest));
    const table = forest.compile({ maxTableCells: 2 ** 22 });
    const packed = forest.compile({ maxTableCells: 0 });
    for (const row of rows) {
      expect(table.predict(row)).toBe(forest.predict(row));
      expect(packed.predict(row)).toBe(forest.predict(row));
      expect(saved.predict(row)).toBe(forest.predict(row));
    }
  });

  it('reads chains of category tests as sets where the schema says so', () => {
    const { bytes, rows, predictions } = readFixture('xgboost-categories');
    const schema: Schema = {
      features: [
        { name: 'a', kind: 'numeric' },
        { name: 'b', kind: 'categorical', categories: [...'012345678'] },
        { name: 'c', kind: 'numeric' },
      ],
    };
    const forest = fromOnnx(bytes, { schema });
    expect(forest.schema).toBe(schema);
    expect(worst(forest, rows, predictions)).toBeLessThanOrEqual(1e-6);
    expect(forest.trees.some(({ sets }) => sets.length > 0)).toBe(true);
    expect(nodesOf(forest)).toBeLessThan(nodesOf(fromOnnx(bytes)));
    expect(forest.predictRecord({ a: 0.5, b: '3', c: 1 })).toBe(forest.predict([0.5, 3, 1]));
  });
});

describe('an exported forest', () => {
  it('comes back as the same function, schema and size', () => {
    const { forest } = fit(mixedData({ rows: 500, missing: 0.1 }), { trees: 12, minLeafRows: 2 });
    const back = fromOnnx(toOnnx(forest));
    expect(back.schema).toEqual(forest.schema);
    expect(nodesOf(back)).toBe(nodesOf(forest));
    const cuts = forest.bins.flatMap((bins) => [...bins.cuts]);
    const value = fc.oneof(
      fc.double({ min: -1, max: 8 }),
      fc.constantFrom(NaN, Infinity, -Infinity, -0, 0, -1, 0.5, 1, 2, 3, 4, 4.5, 5, 6, ...cuts),
    );
    fc.assert(
      fc.property(fc.tuple(value, value, value), (row) => {
        expect(back.predict(row)).toBe(forest.predict(row));
      }),
      { numRuns: 2000 },
    );
    expect(nodesOf(fromOnnx(toOnnx(back)))).toBe(nodesOf(forest));
  });
});

const modes = ['BRANCH_LEQ', 'BRANCH_LT', 'BRANCH_GTE', 'BRANCH_GT', 'BRANCH_EQ', 'BRANCH_NEQ'];
const thresholds = [0, -0, 1, 2, 3, 0.1, 1 / 3, 1e-45, -1, 1e38, Infinity, -Infinity];
const thresholdOf = fc.constantFrom(...thresholds);
const numberOf = fc.oneof(
  fc.double({ min: -2, max: 4 }),
  fc.double(),
  fc.constantFrom(NaN, ...thresholds, ...thresholds.map(Math.fround), 1 + 2 ** -24, 4e38, 1e-46),
);

/** A full tree of three levels of any tests on two features. */
const testOf = fc.record({
  mode: fc.constantFrom(...modes),
  feature: fc.constantFrom(0, 1),
  threshold: thresholdOf,
  missingYes: fc.boolean(),
});
const treeOf = (tree: number): fc.Arbitrary<EnsembleNode[]> =>
  fc
    .array(testOf, { minLength: 15, maxLength: 15 })
    .map((tests) =>
      Array.from({ length: 31 }, (_, id) =>
        id < 15
          ? { tree, id, ...tests[id], yes: 2 * id + 1, no: 2 * id + 2 }
          : { tree, id, mode: 'LEAF', weight: 1 + id / 16 + tree * 16 },
      ),
    );
const fileOf: fc.Arbitrary<EnsembleFile> = fc.record({
  nodes: fc.tuple(treeOf(0), treeOf(1)).map((trees) => trees.flat()),
  width: fc.constant(2),
  precision: fc.constantFrom('float' as const, 'double' as const),
  aggregate: fc.constantFrom('SUM', 'AVERAGE'),
  base: fc.constantFrom(undefined, 0.5),
});

describe('an ensemble of any tests', () => {
  it('predicts what the standard says, on and beside every threshold', () => {
    fc.assert(
      fc.property(
        fileOf,
        fc.array(fc.tuple(numberOf, numberOf), { minLength: 60 }),
        (file, rows) => {
          const forest = fromOnnx(ensembleBytes(file));
          for (const row of rows) expect(forest.predict(row)).toBe(ensemblePrediction(file, row));
        },
      ),
      { numRuns: 400 },
    );
  });

  it('becomes trees without a leaf that no row reaches', () => {
    const beside = thresholds.flatMap((t) => [t, nextDown(t), -nextDown(-t)]);
    const rows = [NaN, ...beside].flatMap((a) => [NaN, ...beside].map((b) => [a, b]));
    for (const file of fc.sample(fileOf, { numRuns: 30, seed: 5 })) {
      const { trees, bins } = fromOnnx(ensembleBytes({ ...file, precision: 'double' }));
      for (const tree of trees) {
        const reached = new Set(rows.map((row) => leafOf(tree, bins, row)));
        expect(reached.size).toBe((tree.nodes + 1) / 2);
      }
    }
  });

  it('predicts what ONNX Runtime predicts', () => {
    const rows = fc.sample(fc.tuple(numberOf, numberOf), { numRuns: 400, seed: 3 });
    for (const file of fc.sample(fileOf, { numRuns: 12, seed: 4 })) {
      const bytes = ensembleBytes(file);
      const forest = fromOnnx(bytes);
      const type = file.precision === 'double' ? 'float64' : 'float32';
      const runtime = onnxRuntimePredictions(bytes, rows, type);
      rows.forEach((row, i) => expect([row, forest.predict(row)]).toEqual([row, runtime[i]]));
    }
  });

  it('rounds doubles where a cast to float32 stands before it', () => {
    const nodes = [
      { id: 0, mode: 'BRANCH_LEQ', threshold: 1, yes: 1, no: 2 },
      { id: 1, mode: 'LEAF', weight: 10 },
      { id: 2, mode: 'LEAF', weight: 20 },
    ];
    const nearly = [1 + 2 ** -24];
    const of = (file: EnsembleFile): number => fromOnnx(ensembleBytes(file)).predict(nearly);
    expect(of({ nodes, precision: 'double' })).toBe(20);
    expect(of({ nodes, precision: 'double', casts: [1] })).toBe(10);
    expect(of({ nodes, precision: 'float', casts: [11] })).toBe(10);
  });

  it('is one test where a chain of equalities asks for a category of the schema', () => {
    const chosen = [5, 2, 40, 33];
    const nodes: EnsembleNode[] = chosen.map((threshold, id) => ({
      id,
      mode: 'BRANCH_EQ',
      threshold,
      yes: 10,
      no: id === 3 ? 11 : id + 1,
    }));
    nodes.push({ id: 10, mode: 'LEAF', weight: 10 }, { id: 11, mode: 'LEAF', weight: 20 });
    const categories = Array.from({ length: 50 }, (_, place) => `c${place}`);
    const schema: Schema = { features: [{ name: 'c', kind: 'categorical', categories }] };
    const forest = fromOnnx(ensembleBytes({ nodes }), { schema });
    expect(nodesOf(forest)).toBe(3);
    for (const place of [NaN, -1, 50, ...categories.keys()]) {
      expect(forest.predict([place])).toBe(chosen.includes(place) ? 10 : 20);
    }
  });

  it('writes a chain of equalities as its cuts, without doubling', () => {
    const chain = (length: number): EnsembleNode[] => [
      ...Array.from({ length }, (_, id) => ({
        id,
        mode: 'BRANCH_EQ',
        threshold: (7 * id) % length,
        yes: length + (id % 2),
        no: id === length - 1 ? length + 2 : id + 1,
        missingYes: id === 3,
      })),
      ...[0, 1, 2].map((leaf) => ({ id: length + leaf, mode: 'LEAF', weight: leaf + 1 })),
    ];
    const file = { nodes: chain(60) };
    const forest = fromOnnx(ensembleBytes(file));
    expect(nodesOf(forest)).toBeLessThan(300);
    for (const x of [NaN, -1, 0.5, 60, 1e9, ...Array(60).keys()]) {
      expect(forest.predict([x])).toBe(ensemblePrediction(file, [x]));
    }
  });
});
