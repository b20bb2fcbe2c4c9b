import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fit, r2, type Criterion, type FitInput, type FitOptions } from '../../src/index.js';
import { numericColumns, rowOf } from '../data.js';

/** What other libraries made of small data; tools/bench/peers/make_fixtures.mjs wrote it. */
interface Fixture {
  readonly training: Table;
  readonly heldOut: Table;
  /** One tree each over all training rows, predicting them. */
  readonly trees: readonly (Rules & { readonly criterion: Criterion })[];
  /** Bagged forests, predicting the held-out rows. */
  readonly forests: readonly (Rules & { readonly trees: number })[];
}

interface Table {
  readonly features: number[][];
  readonly target: number[];
  readonly weight: number[];
}

interface Rules {
  readonly version: string;
  readonly leaf: number;
  readonly depth?: number;
  readonly predictions: number[];
}

const fixture = JSON.parse(
  readFileSync(join(__dirname, '../fixtures', 'peers.json'), 'utf8'),
) as Fixture;

function inputOf({ features, target, weight }: Table): FitInput {
  const columns = numericColumns(...features);
  return { columns, target: Float64Array.from(target), weight: Float64Array.from(weight) };
}

function predictAll(options: FitOptions, table: Table): number[] {
  const { forest } = fit(inputOf(fixture.training), options);
  const { columns } = inputOf(table);
  return table.target.map((_, i) => forest.predict(rowOf(columns, i)));
}

describe('other libraries', () => {
  const trees = fixture.trees.map((tree) => ({ ...tree, depth: tree.depth ?? 64 }));

  it.each(trees)(
    '$version grows the same weighted tree: $criterion, leaf $leaf, depth $depth',
    ({ criterion, leaf, depth, predictions }) => {
      const options = { criterion, minLeafRows: leaf, maxDepth: depth };
      const ours = predictAll({ ...options, trees: 1, bootstrap: false }, fixture.training);
      ours.forEach((p, i) => expect(p).toBeCloseTo(predictions[i], 9));
    },
  );

  it.each(fixture.forests)(
    '$version agrees on held-out rows',
    ({ leaf, trees: count, predictions }) => {
      const { target, weight } = fixture.heldOut;
      const ours = predictAll({ trees: count, minLeafRows: leaf }, fixture.heldOut);
      // Bags differ, so predictions do. Over 30 seeds ours explains 0.918 to 0.928, scikit-learn
      // 0.920 and ranger, whose leaves may be smaller, 0.934; they agree to 0.991 or better.
      expect(r2(target, ours, weight)).toBeGreaterThan(r2(target, predictions, weight) - 0.02);
      expect(r2(predictions, ours)).toBeGreaterThan(0.985);
    },
  );

  it('is told apart from a tree of other rules', () => {
    const [grown] = fixture.trees;
    const other = predictAll(
      { trees: 1, bootstrap: false, minLeafRows: 2, maxDepth: 7 },
      fixture.training,
    );
    expect(other.some((p, i) => Math.abs(p - grown.predictions[i]) > 0.01)).toBe(true);
  });
});
