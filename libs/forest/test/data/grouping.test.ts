import { learnBins, packRows } from '../../src/data/binning.js';
import { groupRows } from '../../src/data/grouping.js';
import { fit, type FitInput } from '../../src/index.js';
import { atOnce } from '../../src/steps.js';
import { mixedData, rowOf } from '../data.js';

const allocate = (bytes: number): ArrayBuffer => new ArrayBuffer(bytes);

describe('groups', () => {
  const { columns } = mixedData({ rows: 2000, distinct: 7, missing: 0.1 });
  const packed = atOnce(packRows(columns, atOnce(learnBins(columns, 255, 1))));
  const { starts, order, packed: groups } = atOnce(groupRows(packed, allocate));
  const textOf = (words: Uint32Array, row: number): string =>
    words.subarray(row * packed.wordsPerRow, (row + 1) * packed.wordsPerRow).join();

  it('hold every row once, with its codes', () => {
    expect([...order].sort((a, b) => a - b)).toEqual([...Array(2000).keys()]);
    for (let group = 0; group < groups.rows; group++) {
      for (let position = starts[group]; position < starts[group + 1]; position++) {
        expect(textOf(packed.words, order[position])).toBe(textOf(groups.words, group));
      }
    }
    expect(starts[groups.rows]).toBe(2000);
  });

  it('are all different', () => {
    const distinct = new Set(
      Array.from({ length: groups.rows }, (_, group) => textOf(groups.words, group)),
    );
    expect(distinct.size).toBe(groups.rows);
    expect(groups.rows).toBeLessThan(400);
  });
});

describe('a tree over many equal rows', () => {
  // 20,000 rows in at most 90 cells: a cell's count overflows its field many times.
  const many = mixedData({ rows: 20_000, distinct: 3 });

  /** The same data with each cell's rows averaged into one of their weight. */
  function averaged(): FitInput {
    const cells = new Map<string, { row: number[]; w: number; s: number }>();
    many.target.forEach((y, i) => {
      const row = rowOf(many.columns, i);
      const cell = cells.get(row.join()) ?? { row, w: 0, s: 0 };
      cell.w += many.weight[i];
      cell.s += many.weight[i] * y;
      cells.set(row.join(), cell);
    });
    const list = [...cells.values()];
    return {
      columns: {
        ...many.columns,
        rows: list.length,
        values: [0, 1, 2].map((f) => Float64Array.from(list, ({ row }) => row[f])),
      },
      target: Float64Array.from(list, ({ w, s }) => s / w),
      weight: Float64Array.from(list, ({ w }) => w),
    };
  }

  it('is the tree over their averages', () => {
    const options = { trees: 1, bootstrap: false, minLeafRows: 1, maxDepth: 4 };
    const [one, other] = [fit(many, options).forest, fit(averaged(), options).forest];
    for (let i = 0; i < 500; i++) {
      const row = rowOf(many.columns, i);
      expect(one.predict(row)).toBeCloseTo(other.predict(row), 9);
    }
  });

  it('counts rows, not groups, for minLeafRows', () => {
    const { forest } = fit(many, { trees: 1, bootstrap: false, minLeafRows: 3000, maxBins: 4 });
    const leaves = new Map<number, number>();
    many.target.forEach((_, i) => {
      const predicted = forest.predict(rowOf(many.columns, i));
      leaves.set(predicted, (leaves.get(predicted) ?? 0) + 1);
    });
    expect(leaves.size).toBeGreaterThan(2);
    for (const count of leaves.values()) expect(count).toBeGreaterThanOrEqual(3000);
  });
});
