import fc from 'fast-check';
import { columnsFrom, fit, Random, streams, type Forest } from '../../src/index.js';
import { leafOf } from '../../src/trees/walk.js';

const categories = Array.from({ length: 40 }, (_, k) => `k${k}`);
const schema = {
  features: [
    { name: 'x', kind: 'numeric' },
    { name: 'kind', kind: 'categorical', categories },
    { name: 'n', kind: 'integer' },
  ],
} as const;

/** Numbers and categories, each missing now and then, and a target that depends on all of it. */
function forestOf(trees: number, rows = 400): Forest {
  const x = Array.from({ length: rows }, (_, i) => (i % 9 === 0 ? NaN : (i * 37) % 101));
  const n = Array.from({ length: rows }, (_, i) => (i % 11 === 0 ? NaN : (i * 13) % 17));
  const kind = Array.from({ length: rows }, (_, i) => (i % 13 === 0 ? null : `k${(i * 7) % 40}`));
  const columns = columnsFrom(schema, { x, kind: kind as string[], n });
  const target = Float64Array.from(
    { length: rows },
    (_, i) =>
      Math.sin(i) + (Number.isNaN(x[i]) ? 5 : x[i] / 50) + ((i * 7) % 40 < 9 ? 3 : 0) + (n[i] || 7),
  );
  return fit({ columns, target }, { trees, seed: 7 }).forest;
}

/** Every row sends its own set of categories left, so that hardly two nodes share one. */
function forestOfManySets(words: number, rows: number): Forest {
  const random = new Random(3, 0);
  const many = Array.from({ length: words }, (_, k) => `w${k}`);
  const columns = columnsFrom(
    { features: [{ name: 'word', kind: 'categorical', categories: many }] },
    { word: Array.from({ length: rows }, () => many[random.below(words)]) },
  );
  const target = Float64Array.from({ length: rows }, () => random.unit());
  return fit({ columns, target }, { trees: 200, seed: 1, maxBins: 255 }).forest;
}

const row = fc.tuple(
  fc.oneof(fc.constant(NaN), fc.double({ min: -10, max: 130, noNaN: true })),
  fc.oneof(fc.constant(NaN), fc.integer({ min: -1, max: 41 })),
  fc.oneof(fc.constant(NaN), fc.integer({ min: -2, max: 20 })),
);

describe.each([
  ['a table', () => forestOf(9).compile()],
  ['packed nodes', () => forestOf(9).compile({ maxTableCells: 0 })],
])('%s', (_, make) => {
  const compiled = make();

  it('predicts by a cell what it predicts by any row in it, to the last bit', () => {
    fc.assert(
      fc.property(row, (values) => {
        expect(compiled.at(compiled.code(values))).toBe(compiled.predict(values));
      }),
      { numRuns: 500 },
    );
  });

  it('tells what each tree predicts', () => {
    const forest = forestOf(9);
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 300 }), (rows) => {
        const out = compiled.perTree(Float64Array.from(rows.flat()), rows.length);
        expect(out).toHaveLength(9 * rows.length);
        forest.trees.forEach((tree, t) =>
          rows.forEach((values, i) => {
            const leaf = leafOf(tree, forest.bins, values);
            expect(out[t * rows.length + i]).toBe(tree.value[leaf]);
          }),
        );
      }),
      { numRuns: 40 },
    );
  });

  it('asks the first trees only, if told to', () => {
    const rows = Float64Array.from([1, 2, 3, NaN, 5, 6, 50, 7, NaN]);
    expect(compiled.perTree(rows, 3, 2)).toEqual(compiled.perTree(rows, 3).slice(0, 6));
  });
});

it('asks at most 200 trees', () => {
  const compiled = forestOf(205, 60).compile();
  expect(compiled.askedTrees).toBe(200);
  expect(compiled.perTree(Float64Array.of(1, 2, 3), 1)).toHaveLength(200);
});

describe('a forest with more distinct sets of categories than slots can be numbered', () => {
  const forest = forestOfManySets(500, 4000);
  const compiled = forest.compile({ maxTableCells: 0 });

  it('is walked as it was grown, and so answers by tree, by row and by cell alike', () => {
    const sets = new Set(
      forest.trees.flatMap((tree) =>
        Array.from({ length: tree.nodes }, (_, node) => node)
          .filter((node) => tree.feature[node] >= 0)
          .map((node) => tree.sets.slice(tree.cut[node], tree.cut[node] + 16).join()),
      ),
    );
    expect(sets.size).toBeGreaterThan(2 ** 15);
    expect(compiled.kind).toBe('walked');
    const rows = Float64Array.from({ length: 501 }, (_, k) => (k === 500 ? NaN : k));
    const out = compiled.perTree(rows, rows.length);
    forest.trees.forEach((tree, t) =>
      rows.forEach((word, i) => {
        expect(out[t * rows.length + i]).toBe(tree.value[leafOf(tree, forest.bins, [word])]);
      }),
    );
    for (const word of rows) {
      expect(compiled.at(compiled.code([word]))).toBe(compiled.predict([word]));
    }
  });
});

it('tells cells of more features than a number can count by text, and answers by it', () => {
  const width = 12;
  const features = Array.from(
    { length: width },
    (_, f) => ({ name: `f${f}`, kind: 'numeric' }) as const,
  );
  const random = new Random(5, 0);
  const rows = 600;
  const values = features.map(() => Float64Array.from({ length: rows }, () => random.unit()));
  const named = Object.fromEntries(features.map(({ name }, f) => [name, values[f]]));
  const columns = columnsFrom({ features }, named);
  const target = Float64Array.from({ length: rows }, (_, i) =>
    values.reduce((sum, column, f) => sum + column[i] * (f + 1), 0),
  );
  const compiled = fit({ columns, target }, { trees: 40, seed: 2 }).forest.compile();
  for (let i = 0; i < rows; i++) {
    const at = values.map((column) => column[i]);
    const cell = compiled.code(at);
    expect(typeof cell).toBe('string');
    expect(compiled.at(cell)).toBe(compiled.predict(at));
  }
});

describe('random streams', () => {
  it('share no number, and leave those below 2^30 to the trees', () => {
    const numbers = Object.entries(streams).filter(([name]) => name !== 'treesFrom');
    expect(new Set(numbers.map(([, number]) => number)).size).toBe(numbers.length);
    for (const [, number] of numbers) expect(number).toBeGreaterThanOrEqual(2 ** 30);
  });

  it('of features keep clear of what comes after them, for as many as a schema may have', () => {
    const most = 1024;
    const { permutationFrom, cutsFrom, ...others } = streams;
    for (const from of [permutationFrom, cutsFrom]) {
      const single = Object.values(others).filter((n) => n >= from && n < from + most);
      expect(single).toEqual([]);
    }
    expect(cutsFrom - permutationFrom).toBeGreaterThanOrEqual(most);
  });
});
