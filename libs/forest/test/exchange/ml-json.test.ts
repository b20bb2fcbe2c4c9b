import { DecisionTreeRegression } from 'ml-cart';
import { RandomForestRegression } from 'ml-random-forest';
import { ForestError, fromMlCart, fromMlRandomForest } from '../../src/index.js';
import { Random } from '../../src/random.js';
import { uniform } from '../data.js';

const random = new Random(5, 0);
const rowsOf = (count: number): number[][] =>
  Array.from({ length: count }, () => [uniform(random), random.below(6), 3 * uniform(random) - 1]);
const x = rowsOf(120);
const y = x.map(([a, b, c]) => Math.sin(5 * a) + 0.3 * b + c * c + 0.2 * uniform(random));
const rows = rowsOf(2000);

const cart = new DecisionTreeRegression({ minNumSamples: 2, maxDepth: 6 });
cart.train(x, y);
const options = { seed: 3, nEstimators: 12, maxFeatures: 2, treeOptions: { maxDepth: 6 } };
const theirs = new RandomForestRegression(options);
theirs.train(x, y);

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- forgeries break every type
type Json = any;
const copy = (json: unknown): Json => JSON.parse(JSON.stringify(json));

const codeOf = (read: () => unknown): string => {
  try {
    read();
    return 'read';
  } catch (error) {
    if (error instanceof ForestError) return error.code;
    throw error;
  }
};

/** Every value a tree splits at: ml.js sends it right. */
const splitsOf = (node: Json): [number, number][] =>
  node.distribution === undefined
    ? [[node.splitColumn, node.splitValue], ...splitsOf(node.left), ...splitsOf(node.right)]
    : [];

describe('a tree of ml-cart', () => {
  it('predicts here exactly what it predicts there, on its thresholds too', () => {
    const forest = fromMlCart(copy(cart.toJSON()));
    const onSplits = splitsOf(copy(cart.toJSON()).root).map(([column, value], i) =>
      rows[i].map((number, f) => (f === column ? value : number)),
    );
    expect(onSplits.length).toBeGreaterThan(20);
    const tried = [...rows, ...onSplits, [NaN, NaN, NaN], [Infinity, -Infinity, -0]];
    const expected = cart.predict(tried);
    const compiled = forest.compile();
    tried.forEach((row, i) => {
      expect(forest.predict(row)).toBe(expected[i]);
      expect(compiled.predict(row)).toBe(expected[i]);
    });
  });

  it('reads from the live object as from its text', () => {
    expect(fromMlCart(cart.toJSON())).toEqual(fromMlCart(copy(cart.toJSON())));
  });

  it('takes names from a schema', () => {
    const features = ['a', 'b', 'c', 'd'].map((name) => ({ name, kind: 'numeric' as const }));
    const forest = fromMlCart(cart.toJSON(), { schema: { features } });
    const [expected] = cart.predict([[0.5, 2, 1]]);
    expect(forest.predictRecord({ a: 0.5, b: 2, c: 1 })).toBe(expected);
  });

  const changes: [string, string, (json: Json) => void][] = [
    ['another name', 'IMPORT_INVALID', (json) => (json.name = 'tree')],
    ['a classifier’s name', 'IMPORT_UNSUPPORTED', (json) => (json.name = 'DTClassifier')],
    ['no root', 'IMPORT_INVALID', (json) => delete json.root],
    ['half a node', 'IMPORT_INVALID', (json) => delete json.root.left],
    ['a column of text', 'IMPORT_INVALID', (json) => (json.root.splitColumn = '0')],
    ['a column beyond all schemas', 'IMPORT_INVALID', (json) => (json.root.splitColumn = 1e9)],
    ['a negative column', 'IMPORT_INVALID', (json) => (json.root.splitColumn = -1)],
    ['no threshold', 'IMPORT_INVALID', (json) => (json.root.splitValue = null)],
    ['a leaf of classes', 'IMPORT_INVALID', (json) => (json.root = { distribution: [[0.2, 0.8]] })],
    ['a leaf of nothing', 'IMPORT_INVALID', (json) => (json.root = { distribution: null })],
    ['a node below itself', 'IMPORT_INVALID', (json) => (json.root.left.left = json.root)],
    ['a node with two parents', 'IMPORT_INVALID', (json) => (json.root.left = json.root.right)],
    ['a depth past all stacks', 'IMPORT_UNSUPPORTED', (json) => (json.root = deep(5000))],
  ];
  const deep = (levels: number): Json => {
    let root: Json = { distribution: 0 };
    for (let level = 0; level < levels; level++) {
      root = { splitColumn: 0, splitValue: level, left: root, right: { distribution: level } };
    }
    return root;
  };

  it.each(changes)('is refused with %s (%s)', (_, code, change) => {
    const json = copy(cart.toJSON());
    change(json);
    expect(codeOf(() => fromMlCart(json))).toBe(code);
  });
});

describe('a forest of ml-random-forest', () => {
  it('predicts here what it predicts there', () => {
    const forest = fromMlRandomForest(copy(theirs.toJSON()));
    expect(forest.trees.length).toBe(12);
    const expected = theirs.predict(rows);
    rows.forEach((row, i) => {
      const difference = Math.abs(forest.predict(row) - expected[i]);
      expect(difference).toBeLessThanOrEqual(4 * Number.EPSILON * Math.abs(expected[i]));
    });
    expect(new Set(expected).size).toBeGreaterThan(100);
  });

  const changes: [string, string, (json: Json) => void][] = [
    ['the median', 'IMPORT_UNSUPPORTED', (json) => (json.selectionMethod = 'median')],
    ['a classifier’s name', 'IMPORT_UNSUPPORTED', (json) => (json.name = 'RFClassifier')],
    ['no base model', 'IMPORT_INVALID', (json) => delete json.baseModel],
    ['no columns', 'IMPORT_INVALID', (json) => delete json.baseModel.indexes],
    ['columns of too few trees', 'IMPORT_INVALID', (json) => json.baseModel.indexes.pop()],
    ['columns that are no list', 'IMPORT_INVALID', (json) => (json.baseModel.indexes[0] = 1)],
    ['too few columns', 'IMPORT_INVALID', (json) => (json.baseModel.indexes[0] = [])],
    [
      'no trees',
      'IMPORT_INVALID',
      ({ baseModel }) => (baseModel.estimators = baseModel.indexes = []),
    ],
  ];

  it.each(changes)('is refused with %s (%s)', (_, code, change) => {
    const json = copy(theirs.toJSON());
    change(json);
    expect(codeOf(() => fromMlRandomForest(json))).toBe(code);
  });

  it.each([null, undefined, 7, 'RFRegression', [], {}])('is refused as %p', (json) => {
    expect(codeOf(() => fromMlRandomForest(json))).toBe('IMPORT_INVALID');
    expect(codeOf(() => fromMlCart(json))).toBe('IMPORT_INVALID');
  });
});
