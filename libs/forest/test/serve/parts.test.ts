/* Every way to ask a forest of parts equals the plain walk, bit for bit. */
import { Compiled, compileForest } from '../../src/serve/compile.js';
import { exp } from '../../src/trees/links.js';
import { leafOf } from '../../src/trees/walk.js';
import type { Forest } from '../../src/index.js';
import { forestOfParts, kinds, rows } from '../parts.js';

const flat = Float64Array.from(rows.flat());

function formsOf(forest: Forest): [string, Compiled][] {
  const { bins, parts, trees, calibration } = forest;
  const { cells } = compileForest(forest);
  const walked = { bins, parts, trees };
  return [
    ['table', forest.compile()],
    ['packed', forest.compile({ maxTableCells: 0 })],
    ['walked', new Compiled(forest, { cells, calibration, table: null, packed: null, walked })],
  ];
}

/** What the mixture is, written out. */
function expected({ parts, trees, bins }: Forest, row: number[]): number {
  const leaves = trees.map((tree) => tree.value[leafOf(tree, bins, row)]);
  let prediction = 0;
  for (const { link, base, weight, members } of parts) {
    const sums = members.map((count) => leaves.splice(0, count).reduce((sum, x) => sum + x, base));
    const mean = sums.reduce((sum, x) => sum + x, 0) / sums.length;
    const inverse = { identity: mean, logit: 1 / (1 + exp(-mean)), log: exp(mean) };
    prediction += weight * inverse[link];
  }
  return prediction;
}

describe.each(Object.keys(kinds))('%s', (name) => {
  const forest = forestOfParts(kinds[name]);
  const platt = forest.with({ calibration: { slope: 0.8, intercept: -0.3 } });
  const isotonic = forest.with({
    calibration: { x: Float64Array.of(0.1, 0.4, 0.7), y: Float64Array.of(0.2, 0.3, 0.9) },
  });

  it('predicts its mixture', () => {
    for (const row of rows) expect(forest.predict(row)).toBeCloseTo(expected(forest, row), 12);
  });

  it('is the same in every compiled form, calibrated or not', () => {
    for (const one of [forest, platt, isotonic]) {
      for (const [kind, compiled] of formsOf(one)) {
        expect(compiled.kind).toBe(kind);
        const batch = compiled.predictBatch(flat, new Float64Array(rows.length));
        rows.forEach((row, i) => {
          const wanted = one.predict(row);
          expect(compiled.predict(row)).toBe(wanted);
          expect(compiled.at(compiled.code(row))).toBe(wanted);
          expect(batch[i]).toBe(wanted);
        });
      }
    }
  });

  it('stays within its reach', () => {
    const { least, most } = forest.reach;
    for (const row of rows) {
      expect(forest.predict(row)).toBeGreaterThanOrEqual(least);
      expect(forest.predict(row)).toBeLessThanOrEqual(most);
    }
  });

  it('draws from its members, the same in every form', () => {
    const draws = Math.max(...forest.parts.map(({ members }) => members.length));
    const told = formsOf(forest).map(([, compiled]) => {
      expect(compiled.askedTrees).toBe(draws);
      return compiled.perTree(flat, rows.length);
    });
    expect(told[1]).toEqual(told[0]);
    expect(told[2]).toEqual(told[0]);
    rows.forEach((row, i) => {
      for (let draw = 0; draw < draws; draw++) {
        const alone = drawOf(forest, draw);
        expect(told[0][draw * rows.length + i]).toBeCloseTo(expected(alone, row), 12);
      }
    });
  });

  it('takes the variance of its draws for intervals', () => {
    const scores = Float64Array.of(0.5, 1, 1.5, 2);
    const model = { noise: 'plain', meanSquareError: 0, rows: 4, scores } as const;
    const judged = forest.with({ intervals: model });
    const perTree = forest.compile().perTree(flat, rows.length);
    rows.slice(0, 20).forEach((row, i) => {
      const { low, high } = judged.predictInterval(row, { level: 0.5 });
      const at = perTree.filter((_, k) => k % rows.length === i);
      const mean = at.reduce((sum, x) => sum + x, 0) / at.length;
      const variance = at.reduce((sum, x) => sum + (x - mean) ** 2, 0) / at.length;
      expect((high - low) / 2).toBeCloseTo(1.5 * Math.sqrt(variance), 9);
    });
  });

  it('tells the support of a place and samples rows', () => {
    const compiled = forest.compile();
    const all = compiled.support(rows[5], []);
    const weights = forest.parts.map(({ members }) => members.reduce((a, b) => a + b, 0));
    let t = 0;
    const covers = forest.parts.reduce((sum, { weight }, p) => {
      const trees = forest.trees.slice(t, (t += weights[p]));
      return sum + (weight * trees.reduce((s, tree) => s + tree.cover[0], 0)) / trees.length;
    }, 0);
    expect(all).toBeCloseTo(covers, 6);
    const sample = compiled.sample(40);
    expect(sample.length).toBe(120);
    expect(compiled.sample(40)).toEqual(sample);
  });
});

/** A forest of the one member of each part that a draw asks. */
function drawOf(forest: Forest, draw: number): Forest {
  let t = 0;
  const trees = forest.parts.flatMap(({ members }) => {
    const m = draw % members.length;
    const from = t + members.slice(0, m).reduce((a, b) => a + b, 0);
    t += members.reduce((a, b) => a + b, 0);
    return forest.trees.slice(from, from + members[m]);
  });
  const parts = forest.parts.map((part) => {
    return { ...part, members: [part.members[draw % part.members.length]] };
  });
  return { ...forest, trees, parts, bins: forest.bins } as unknown as Forest;
}
