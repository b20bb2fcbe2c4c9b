import { codeOf } from '../../src/data/binning.js';
import { fit, type FitInput } from '../../src/index.js';
import { prepareFit } from '../../src/fit.js';
import { atOnce } from '../../src/steps.js';
import { mixedData, rowOf, type MixedOptions } from '../data.js';
import { recordsOf } from '../records.js';

describe('sorted records', () => {
  const input = mixedData({ rows: 2000, distinct: 7, missing: 0.1 });
  const { set } = atOnce(prepareFit(input));
  const records = recordsOf(set);
  const before = (one: number[], other: number[]): boolean => {
    const f = one.findLastIndex((code, i) => code !== other[i]);
    return f >= 0 && one[f] < other[f];
  };

  it('hold every row once, with its codes and numbers', () => {
    expect(records.map(({ row }) => row).sort((a, b) => a - b)).toEqual([...Array(2000).keys()]);
    for (const { row, codes, target, weight } of records) {
      expect(codes).toEqual(set.bins.map((bins, f) => codeOf(bins, input.columns.values[f][row])));
      expect([target, weight]).toEqual([input.target[row], input.weight[row]]);
    }
  });

  it('ascend by code, the last feature first, and by row', () => {
    for (let i = 1; i < records.length; i++) {
      const [one, other] = [records[i - 1], records[i]];
      const equal = one.codes.join() === other.codes.join();
      expect(equal ? one.row < other.row : before(one.codes, other.codes)).toBe(true);
    }
  });

  it('begin a group wherever codes change', () => {
    records.forEach(({ opens, codes }, i) =>
      expect(opens).toBe(i === 0 || codes.join() !== records[i - 1].codes.join()),
    );
    expect(records.filter(({ opens }) => opens)).toHaveLength(set.groups);
    expect(set.groups).toBeLessThan(400);
  });

  const many: [string, MixedOptions & { repeat?: number; maxBins?: number }][] = [
    ['of one row', { rows: 1 }],
    ['of rows that are all equal', { rows: 500, distinct: 1 }],
    ['of many features with codes of a byte and of two', { rows: 3000, repeat: 5, maxBins: 1000 }],
  ];

  it.each(many)('are in order %s', (_, { repeat = 1, maxBins, ...options }) => {
    const { columns, target } = mixedData(options);
    const times = Array.from({ length: repeat }, (_, k) => k);
    const wide = {
      schema: {
        features: times.flatMap((k) =>
          columns.schema.features.map((feature) => ({ ...feature, name: `${feature.name}${k}` })),
        ),
      },
      rows: options.rows,
      values: times.flatMap(() => columns.values),
    };
    const fitting = atOnce(prepareFit({ columns: wide, target }, { maxBins }));
    const sorted = recordsOf(fitting.set);
    for (let i = 1; i < sorted.length; i++) {
      const equal = sorted[i - 1].codes.join() === sorted[i].codes.join();
      const isNext = equal
        ? sorted[i - 1].row < sorted[i].row
        : before(sorted[i - 1].codes, sorted[i].codes);
      expect(isNext).toBe(true);
    }
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
