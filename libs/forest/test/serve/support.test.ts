import { fit, type Forest } from '../../src/index.js';
import { codeGoesLeft, type Tree } from '../../src/trees/tree.js';
import { mixedData } from '../data.js';

const data = mixedData({ rows: 800, missing: 0.1, distinct: 12 });
const { forest } = fit(data, { trees: 8, maxDepth: 5, seed: 3 });
const all = data.weight.reduce((sum, weight) => sum + weight, 0);
const compiled = forest.compile();

/** By feature, the codes that lead to a node, that of missing among them. */
type Boxes = readonly ReadonlySet<number>[];

/** Leaf by leaf: its cover times the share of the place's codes among those that it spans. */
function byLeaf(
  { bins, trees }: Forest,
  codes: readonly number[],
  given: readonly number[],
  shares: readonly (readonly number[])[],
): number {
  const shareOf = (box: ReadonlySet<number>, f: number): number => {
    if (!box.has(codes[f])) return 0;
    if (codes[f] === bins[f].bins) return 1;
    const observed = [...box].filter((code) => code < bins[f].bins);
    return shares[f][codes[f]] / observed.reduce((sum, code) => sum + shares[f][code], 0);
  };
  const below = (tree: Tree, node: number, boxes: Boxes): number => {
    const f = tree.feature[node];
    if (f < 0) return given.reduce((sum, g) => sum * shareOf(boxes[g], g), tree.cover[node]);
    const side = (left: boolean): Boxes =>
      boxes.map((box, g) =>
        g === f
          ? new Set([...box].filter((code) => codeGoesLeft(tree, node, bins[f], code) === left))
          : box,
      );
    const left = tree.left[node];
    return below(tree, left, side(true)) + below(tree, left + 1, side(false));
  };
  const everything = bins.map(({ bins }) => new Set(Array(bins + 1).keys()));
  return trees.reduce((sum, tree) => sum + below(tree, 0, everything), 0) / trees.length;
}

describe('the training weight at a place', () => {
  const alike = forest.schema.features.map((_, f) => Array(forest.binCount(f)).fill(1));
  const uneven = alike.map((shares) => shares.map((_, code) => 1 + (code % 3)));

  it.each([
    ['bins and categories share alike', undefined],
    ['they have shares of their own', uneven],
  ])('is the sum over the leaves that reach it, where %s', (_, shares) => {
    const rows = [
      [0.3, 2, 1],
      [0.95, 6, 4],
      [NaN, 3, 0],
      [0.5, NaN, NaN],
    ];
    for (const row of rows) {
      const codes = row.map((x, f) => forest.binOf(f, x));
      for (const given of [[0], [1], [2], [0, 2], [0, 1, 2]]) {
        const wanted = byLeaf(forest, codes, given, shares ?? alike);
        expect(compiled.support(row, given, shares)).toBeCloseTo(wanted, 6);
      }
    }
  });

  it('does not depend on the places that it is asked with', () => {
    const random = (i: number) => (i * 0.618034) % 1;
    const rows = Array.from({ length: 300 }, (_, i) =>
      [random(i), Math.floor(12 * random(7 * i)), i % 5].map((x, f) => ((i + f) % 17 ? x : NaN)),
    );
    for (const given of [[0], [2], [0, 1], [0, 1, 2], []]) {
      const together = compiled.supports(rows.flat(), given, uneven);
      rows.forEach((row, i) => {
        expect(together[i]).toBe(compiled.support(row, given, uneven));
        const codes = row.map((x, f) => forest.binOf(f, x));
        expect(together[i]).toBeCloseTo(byLeaf(forest, codes, given, uneven), 6);
      });
    }
  });

  it('is all of it where nothing is given, give or take what bootstrap samples draw', () => {
    expect(compiled.support([0, 0, 0], []) / all).toBeCloseTo(1, 1);
  });

  it('adds up over the values of a feature that is never missing', () => {
    const complete = fit(mixedData({ rows: 500 }), { trees: 5, seed: 1 }).forest.compile();
    const weights = [0, 1, 2, 3, 4].map((colour) => complete.support([0, 0, colour], [2]));
    const sum = weights.reduce((total, weight) => total + weight, 0);
    expect(sum / complete.support([0, 0, 0], [])).toBeCloseTo(1, 9);
  });
});
