import fc from 'fast-check';
import { binsFromCuts } from '../../src/data/binning.js';
import { resolveParameters } from '../../src/data/parameters.js';
import { calibrate, columnsFrom, fit, Forest, Random, type Schema } from '../../src/index.js';
import { Compiled, compileForest } from '../../src/serve/compile.js';
import { TreeBuilder } from '../tree-builder.js';
import { leafOf } from '../../src/trees/walk.js';

/** Numbers, integers and categories, each missing now and then, and a target that needs them all. */
function forestOf(trees: number, rows = 400, kinds = 40, numbers = 1): Forest {
  const random = new Random(11, 0);
  const categories = Array.from({ length: kinds }, (_, k) => `k${k}`);
  const features: Schema['features'] = [
    { name: 'kind', kind: 'categorical', categories },
    { name: 'n', kind: 'integer' },
    ...Array.from({ length: numbers }, (_, f) => ({ name: `x${f}`, kind: 'numeric' }) as const),
  ];
  const drawn = features.map((_, f) =>
    Float64Array.from({ length: rows }, () => random.below(f === 0 ? kinds : f === 1 ? 17 : 101)),
  );
  const target = Float64Array.from({ length: rows }, (_, i) =>
    drawn.reduce((sum, values, f) => sum + Math.sin(values[i] * (f + 1)) * (f + 2), 0),
  );
  const values = drawn.map((column) => column.map((x) => (random.below(10) === 0 ? NaN : x)));
  return fit({ columns: { schema: { features }, rows, values }, target }, { trees, seed: 7 })
    .forest;
}

/** Rows for such a forest: unseen categories, fractions, values beyond the cuts, and missing ones. */
function rowsOf(forest: Forest): fc.Arbitrary<number[]> {
  return fc.tuple(
    ...forest.schema.features.map((feature) => {
      const most = feature.kind === 'categorical' ? feature.categories.length + 1 : 105;
      const numbers = [fc.constant(NaN), fc.integer({ min: -2, max: most })];
      if (feature.kind === 'numeric') numbers.push(fc.double({ min: -3, max: 103, noNaN: true }));
      return fc.oneof(...numbers);
    }),
  );
}

const SPLITS = 331;
const WORDS = 64;

/** Made by hand: 200 chains of nodes, and no two nodes of all send the same words left. */
function forestOfManySets(): Forest {
  const random = new Random(3, 0);
  const categories = Array.from({ length: WORDS }, (_, k) => `w${k}`);
  const features: Schema['features'] = [{ name: 'word', kind: 'categorical', categories }];
  const trees = Array.from({ length: 200 }, (_, t) => {
    const builder = new TreeBuilder();
    let node = 0;
    for (let split = 0; split < SPLITS; split++) {
      const set = Uint32Array.of(random.uint32(), random.uint32());
      const left = builder.split(node, 0, builder.addSet(set), random.below(2) === 1, 1);
      builder.describe(left, SPLITS * t + split, 1);
      node = left + 1;
    }
    builder.describe(node, -t, 1);
    return builder.finish();
  });
  const schema = { features };
  const bins = binsFromCuts(schema, [new Float64Array()]);
  return new Forest(schema, resolveParameters(schema, { trees: trees.length }), bins, trees);
}

/** A forest as it is compiled where there is no WebAssembly. */
function withoutKernels({ bins, parts, trees, calibration, seed }: Forest): Compiled {
  const source = { seed, bins, parts, trees, calibration };
  const { cells } = compileForest(source);
  const walked = { bins, parts, trees };
  return new Compiled(source, { cells, calibration, table: null, packed: null, walked });
}

interface Form {
  readonly forest: Forest;
  readonly kind: Compiled['kind'];
  readonly cell: 'number' | 'string';
  readonly maxTableCells?: number;
}

describe.each<[string, Form]>([
  ['a table', { forest: forestOf(9), kind: 'table', cell: 'number' }],
  ['packed nodes', { forest: forestOf(9), kind: 'packed', cell: 'number', maxTableCells: 0 }],
  [
    'packed nodes whose cells are more than a number can count',
    { forest: forestOf(40, 600, 20, 12), kind: 'packed', cell: 'string' },
  ],
  [
    'packed nodes with thousands of sets of categories',
    { forest: forestOf(30, 3000, 2500), kind: 'packed', cell: 'number', maxTableCells: 0 },
  ],
  ['a walk by codes', { forest: forestOf(9), kind: 'walked', cell: 'number', maxTableCells: 0 }],
])('%s', (_, { forest, kind, cell, maxTableCells }) => {
  const compiled = kind === 'walked' ? withoutKernels(forest) : forest.compile({ maxTableCells });
  const row = rowsOf(forest);

  it('predicts by a cell what it predicts by any row in it, to the last bit', () => {
    expect(compiled.kind).toBe(kind);
    fc.assert(
      fc.property(row, (values) => {
        const code = compiled.code(values);
        expect(typeof code).toBe(cell);
        expect(compiled.at(code)).toBe(forest.predict(values));
        expect(compiled.predict(values)).toBe(forest.predict(values));
        expect(compiled.cellOf(values)).toBe(code);
      }),
      { numRuns: 300 },
    );
  });

  it('tells what each tree predicts', () => {
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 150 }), (rows) => {
        const out = compiled.perTree(Float64Array.from(rows.flat()), rows.length);
        const wanted = forest.trees.flatMap((tree) =>
          rows.map((values) => tree.value[leafOf(tree, forest.bins, values)]),
        );
        expect(out).toEqual(Float64Array.from(wanted));
      }),
      { numRuns: 20 },
    );
  });

  it('asks the first trees only, if told to', () => {
    const rows = Float64Array.from(fc.sample(row, { numRuns: 3, seed: 1 }).flat());
    expect(compiled.perTree(rows, 3, 2)).toEqual(compiled.perTree(rows, 3).slice(0, 6));
  });

  it.each([-1, 1.5, NaN, 201])('refuses to ask %d trees', (trees) => {
    const rows = Float64Array.from(fc.sample(row, { numRuns: 1, seed: 1 }).flat());
    const refusal = expect.objectContaining({ code: 'OPTION_INVALID' });
    expect(() => compiled.perTree(rows, 1, trees)).toThrow(refusal);
  });
});

it('answers by cell with the calibration of the forest', () => {
  const random = new Random(2, 0);
  const x = Float64Array.from({ length: 500 }, () => random.unit());
  const input = {
    columns: columnsFrom({ features: [{ name: 'x', kind: 'numeric' }] }, { x }),
    target: x.map((v) => v * v),
  };
  const { forest } = calibrate(input, fit(input, { trees: 10, seed: 1 }));
  const uncalibrated = fit(input, { trees: 10, seed: 1 }).forest;
  for (const maxTableCells of [1e6, 0]) {
    const compiled = forest.compile({ maxTableCells });
    let changed = 0;
    for (const value of x) {
      expect(compiled.at(compiled.code([value]))).toBe(forest.predict([value]));
      changed += +(forest.predict([value]) !== uncalibrated.predict([value]));
    }
    expect(changed).toBeGreaterThan(0);
  }
});

it('asks at most 200 trees', () => {
  const compiled = forestOf(205, 60).compile();
  expect(compiled.askedTrees).toBe(200);
  expect(compiled.perTree(Float64Array.of(1, 2, 3), 1)).toHaveLength(200);
});

it('a forest with more sets of categories than slots have numbers answers as it was grown', () => {
  const forest = forestOfManySets();
  const sets = forest.trees.flatMap((tree) =>
    Array.from({ length: SPLITS }, (_, k) => tree.sets.slice(2 * k, 2 * k + 2).join()),
  );
  expect(new Set(sets).size).toBeGreaterThan(2 ** 16);
  const words = Float64Array.from({ length: WORDS + 1 }, (_, k) => (k === WORDS ? NaN : k));
  const wanted = forest.trees.flatMap((tree) =>
    Array.from(words, (word) => tree.value[leafOf(tree, forest.bins, [word])]),
  );
  for (const maxTableCells of [1e6, 0]) {
    const compiled = forest.compile({ maxTableCells });
    expect(compiled.kind).toBe(maxTableCells > 0 ? 'table' : 'walked');
    expect(compiled.perTree(words, words.length)).toEqual(Float64Array.from(wanted));
    for (const word of words) {
      expect(compiled.at(compiled.code([word]))).toBe(forest.predict([word]));
    }
  }
});
