import { columnsFrom, fit, type Forest } from '@adscale/forest';
import { TreePanel } from '../src/tree-panel.js';

const schema = {
  features: [
    { name: 'x', kind: 'numeric' },
    {
      name: 'kind',
      kind: 'categorical',
      categories: Array.from({ length: 40 }, (_, k) => `k${k}`),
    },
    { name: 'n', kind: 'integer' },
  ],
} as const;

/** Numbers and categories, each missing now and then, and a target that depends on all of it. */
function forestOf(trees: number): Forest {
  const rows = 400;
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

type Tree = Forest['trees'][number];

/** The walk as said in the forest's own notes: cuts send what is at most the cut left. */
function valueAt({ bins }: Forest, tree: Tree, row: readonly number[]): number {
  let node = 0;
  while (tree.feature[node] >= 0) {
    const f = tree.feature[node];
    const cut = tree.cut[node];
    const { categorical, cuts } = bins[f];
    let left = Number.isNaN(row[f])
      ? tree.missingLeft[node] === 1
      : cut === cuts.length || row[f] <= cuts[cut];
    if (categorical && !Number.isNaN(row[f])) {
      left = ((tree.sets[cut + (row[f] >>> 5)] >>> (row[f] & 31)) & 1) === 1;
    }
    node = tree.left[node] + (left ? 0 : 1);
  }
  return tree.value[node];
}

const rows = Array.from({ length: 101 }, (_, i) => [
  i % 8 === 0 ? NaN : (i * 29) % 120,
  i % 10 === 0 ? NaN : (i * 3) % 40,
  i % 6 === 0 ? NaN : (i * 5) % 20,
]);
const flat = Float64Array.from(rows.flat());

describe('a panel of trees', () => {
  const forest = forestOf(9);
  const panel = new TreePanel(forest);

  it.each([1, 3, 4, 101])('answers as every tree does, for %d rows', (count) => {
    const out = panel.predict(flat, count);
    forest.trees.forEach((tree, t) => {
      for (let i = 0; i < count; i++) {
        expect(out[t * count + i]).toBe(valueAt(forest, tree, rows[i]));
      }
    });
  });

  it('asks only the first trees if told to', () => {
    const three = panel.predict(flat, 5, 3);
    expect(three).toEqual(panel.predict(flat, 5).slice(0, 15));
  });

  it('is of at most 200 trees', () => {
    expect(new TreePanel(forestOf(205)).trees).toBe(200);
    expect(panel.trees).toBe(9);
  });
});
