import fc from 'fast-check';
import { fit, type FitOptions } from '../../src/index.js';
import { mixedData, rowOf } from '../data.js';

const variants: [string, FitOptions, number][] = [
  ['with missing values', {}, 0.2],
  ['without missing values', {}, 0],
  ['of one tree', { trees: 1 }, 0.1],
  ['of trees no multiple of eight', { trees: 7 }, 0.1],
  ['of stumps', { maxDepth: 1 }, 0.1],
  ['of single leaves', { minLeafRows: 10_000 }, 0.1],
  ['with few bins', { maxBins: 6 }, 0.1],
  ['with random cuts', { extraTrees: true, maxFeatures: 1 }, 0.2],
];

describe('a compiled forest', () => {
  it.each(variants)(
    '%s equals the plain walk bit for bit, as table and as packed nodes',
    (_, options, missing) => {
      const { forest } = fit(mixedData({ rows: 400, missing }), {
        trees: 20,
        minLeafRows: 2,
        ...options,
      });
      const table = forest.compile();
      const packed = forest.compile({ maxTableCells: 0 });
      expect([table.kind, packed.kind]).toEqual(['table', 'packed']);
      const cuts = forest.bins.flatMap((bins) => [...bins.cuts]);
      const value = fc.oneof(
        fc.double({ min: -1, max: 8 }),
        fc.double(),
        fc.constantFrom(NaN, Infinity, -Infinity, -0, 0, -1, 0, 1, 2, 3, 4, 5, 6, 1e9, ...cuts),
      );
      fc.assert(
        fc.property(fc.tuple(value, value, value), (row) => {
          const plain = forest.predict(row);
          expect(table.predict(row)).toBe(plain);
          expect(packed.predict(row)).toBe(plain);
        }),
        { numRuns: 1000 },
      );
    },
  );

  it('with thousands of categories equals the plain walk all the same', () => {
    const categories = Array.from({ length: 3000 }, (_, i) => `word ${i}`);
    const features = [
      { name: 'word', kind: 'categorical' as const, categories },
      { name: 'x', kind: 'numeric' as const },
    ];
    const rows = 4000;
    const word = Float64Array.from({ length: rows }, (_, i) => (i * 7919) % 2900);
    const x = Float64Array.from({ length: rows }, (_, i) => (i % 9 === 0 ? NaN : Math.sin(i)));
    const target = Float64Array.from(word, (w, i) => Math.sin(w * w) + (x[i] || 0));
    const { forest } = fit(
      { columns: { schema: { features }, rows, values: [word, x] }, target },
      { trees: 20 },
    );
    const compiled = forest.compile({ maxTableCells: 0 });
    expect(compiled.kind).toBe('packed');
    const values = [...Array(3000).keys(), -1, 3000, 0.5, NaN, Infinity];
    for (const w of values) {
      for (const v of [-0.5, 0.3, NaN])
        expect(compiled.predict([w, v])).toBe(forest.predict([w, v]));
    }
  });

  it('predicts equally wherever the cell is equal, and cells tell all predictions apart', () => {
    const data = mixedData({ rows: 2000, missing: 0.1 });
    const compiled = fit(data, { trees: 5, maxDepth: 3 }).forest.compile();
    const byCell = new Map<number | string, number>();
    for (let i = 0; i < 2000; i++) {
      const row = rowOf(data.columns, i);
      const cell = compiled.cellOf(row);
      const predicted = compiled.predict(row);
      expect(byCell.get(cell) ?? predicted).toBe(predicted);
      byCell.set(cell, predicted);
    }
    expect(byCell.size).toBeLessThan(2000);
    expect(byCell.size).toBeLessThanOrEqual(compiled.cellCount);
  });

  it('names cells by text where their number is no safe integer', () => {
    const wide = Array.from({ length: 12 }, (_, f) => ({
      name: `x${f}`,
      kind: 'numeric' as const,
    }));
    const values = wide.map((_, f) =>
      Float64Array.from({ length: 500 }, (_, i) => Math.sin(i * (f + 1))),
    );
    const target = Float64Array.from({ length: 500 }, (_, i) =>
      values.reduce((sum, x) => sum + x[i], 0),
    );
    const { forest } = fit(
      { columns: { schema: { features: wide }, rows: 500, values }, target },
      { trees: 60, minLeafRows: 1 },
    );
    const compiled = forest.compile();
    expect(compiled.cellCount).toBeGreaterThan(Number.MAX_SAFE_INTEGER);
    expect(compiled.kind).toBe('packed');
    const cells = new Set(Array.from(target, (_, i) => compiled.cellOf(values.map((x) => x[i]))));
    expect([...cells].every((cell) => typeof cell === 'string')).toBe(true);
    expect(cells.size).toBeGreaterThan(490);
  });

  it.each(variants)('%s answers a batch as it answers single rows', (_, options, missing) => {
    const data = mixedData({ rows: 400, missing });
    const { forest } = fit(data, { trees: 20, minLeafRows: 2, ...options });
    const cuts = forest.bins.flatMap((bins) => [...bins.cuts]);
    const odd = [NaN, Infinity, -Infinity, -0, 0, 3, 6, 99, ...cuts];
    // More rows than are coded at a time, and no multiple of what is walked at a time.
    const rows = Float64Array.from({ length: 3 * 2343 }, (_, i) =>
      i % 5 === 0 ? odd[(i * 7919) % odd.length] : data.columns.values[i % 3][i % 400],
    );
    for (const maxTableCells of [1e6, 0]) {
      const compiled = forest.compile({ maxTableCells });
      const out = new Float64Array(2343);
      for (const count of [2343, 1025, 3, 1]) {
        compiled.predictBatch(rows.subarray(0, 3 * count), out);
        const same = out
          .subarray(0, count)
          .every((p, i) => p === forest.predict(rows.subarray(3 * i, 3 * i + 3)));
        expect(same).toBe(true);
      }
    }
  });

  it('predicts batches into the caller’s buffer', () => {
    const data = mixedData({ rows: 100 });
    const compiled = fit(data, { trees: 5 }).forest.compile();
    const rows = Float64Array.from(
      { length: 300 },
      (_, i) => data.columns.values[i % 3][Math.floor(i / 3)],
    );
    const out = new Float64Array(100);
    expect(compiled.predictBatch(rows, out)).toBe(out);
    out.forEach((value, i) => expect(value).toBe(compiled.predict(rowOf(data.columns, i))));
  });
});
