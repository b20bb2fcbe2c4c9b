import { dealFolds } from '../../src/table/folds.js';
import type { CtrTable } from '../../src/index.js';
import { sum, tableOf } from '../draw.js';

/** Rows whose first feature is their number. */
function numbered(rows: number, more: Partial<CtrTable> = {}): CtrTable {
  const places = Array.from({ length: rows }, (_, row) => row);
  const n = places.map((row) => 10 + (row % 7));
  return {
    ...tableOf(
      [{ name: 'x', kind: 'integer' }],
      [places],
      n,
      places.map((row) => row % 5),
    ),
    ...more,
  };
}

const counts = (fold: ArrayLike<number>): number[] => {
  const found: number[] = [];
  for (const f of Array.from(fold)) found[f] = (found[f] ?? 0) + 1;
  return found;
};

describe('rows dealt to folds', () => {
  it('at random are as many in each, by the seed alone', () => {
    const table = numbered(103);
    const deal = (seed: number) => dealFolds(table, 5, { seed });
    const { fold, folds, stretch, table: dealt } = deal(1);
    expect([folds, stretch, dealt]).toEqual([5, null, table]);
    expect(counts(fold).sort()).toEqual([20, 20, 21, 21, 21]);
    expect(deal(1).fold).toEqual(fold);
    expect(deal(2).fold).not.toEqual(fold);
  });

  it('by group stay together, folds about equal in rows', () => {
    const group = Float64Array.from({ length: 100 }, (_, row) => (row < 30 ? 0 : 1 + (row % 14)));
    const { fold, folds } = dealFolds(numbered(100, { group }), 4, { by: 'group' });
    expect(folds).toBe(4);
    for (const g of new Set(group)) {
      expect(new Set([...fold].filter((_, row) => group[row] === g)).size).toBe(1);
    }
    expect(Math.max(...counts(fold))).toBe(30);
    expect(Math.min(...counts(fold))).toBeGreaterThan(15);
  });

  it('by time are stretches that ascend, none empty, moments whole', () => {
    for (const time of [
      Float64Array.from({ length: 60 }, (_, row) => (row * 17) % 60),
      // Nearly all rows in one moment, first or last.
      Float64Array.from({ length: 60 }, (_, row) => Math.max(0, row - 50)),
      Float64Array.from({ length: 60 }, (_, row) => Math.min(9, row)),
    ]) {
      const { fold, folds, stretch } = dealFolds(numbered(60, { time }), 5, { by: 'time' });
      expect(folds).toBe(5);
      for (const [dealt, all] of [
        [fold, 5],
        [stretch!, 10],
      ] as const) {
        expect(counts(dealt).filter((rows) => rows > 0)).toHaveLength(all);
        const order = [...time.keys()].sort((a, b) => time[a] - time[b]);
        order.slice(1).forEach((row, i) => {
          expect(dealt[row]).toBeGreaterThanOrEqual(dealt[order[i]]);
          if (time[row] === time[order[i]]) expect(dealt[row]).toBe(dealt[order[i]]);
        });
      }
    }
  });

  it('by time are about equal where moments allow', () => {
    const time = Float64Array.from({ length: 1000 }, (_, row) => row);
    const { fold, stretch } = dealFolds(numbered(1000, { time }), 4, { by: 'time' });
    expect(counts(fold)).toEqual([250, 250, 250, 250]);
    expect(counts(stretch!)).toEqual(Array(10).fill(100));
  });

  it('have stretches where a time orders them, however they are dealt', () => {
    const time = Float64Array.from({ length: 40 }, (_, row) => row % 8);
    expect(new Set(dealFolds(numbered(40, { time }), 4).stretch)).toEqual(
      new Set([0, 1, 2, 3, 4, 5, 6, 7]),
    );
    const few = time.map((t) => Math.min(6, t));
    expect(dealFolds(numbered(40, { time: few }), 4).stretch).toBeNull();
    const gaps = time.slice();
    gaps[3] = NaN;
    expect(dealFolds(numbered(40, { time: gaps }), 4).stretch).toBeNull();
  });

  it('of a grouped click log are impressions: each is in one fold, with its clicks', () => {
    const table: CtrTable = {
      ...tableOf(
        [{ name: 'x', kind: 'integer' }],
        [[0, 1, 2, 3, 4, 5]],
        [1000, 400, 3, 1, 9, 50],
        [100, 0, 3, 1, 4, 5],
      ),
      grouped: true,
    };
    const { table: dealt, fold, folds } = dealFolds(table, 5);
    expect(folds).toBe(5);
    expect(fold).toHaveLength(dealt.features.rows);
    const [places] = dealt.features.values;
    table.impressions.forEach((n, x) => {
      const rows = [...places.keys()].filter((row) => places[row] === x);
      expect(sum(rows.map((row) => dealt.impressions[row]))).toBe(n);
      expect(sum(rows.map((row) => dealt.clicks[row]))).toBe(table.clicks[x]);
      expect(new Set(rows.map((row) => fold[row])).size).toBe(rows.length);
    });
    const shares = [0, 1, 2, 3, 4].map((f) =>
      sum(dealt.impressions.filter((_, r) => fold[r] === f)),
    );
    for (const share of shares) expect(Math.abs(share / 1463 - 0.2)).toBeLessThan(0.06);
  });

  it('are no more folds than rows, groups or moments', () => {
    const keys = Float64Array.of(1, 2, 1, 2, 3, 3, 1);
    expect(dealFolds(numbered(3), 5).folds).toBe(3);
    expect(dealFolds(numbered(7, { group: keys }), 5, { by: 'group' }).folds).toBe(3);
    expect(dealFolds(numbered(7, { time: keys }), 5, { by: 'time' }).folds).toBe(3);
  });

  it.each([
    ['row', numbered(1), {}],
    ['group', numbered(4, { group: new Float64Array(4) }), { by: 'group' }],
    ['moment', numbered(4, { time: new Float64Array(4) }), { by: 'time' }],
    ['row of a click log', { ...numbered(1), grouped: true }, {}],
    ['group key', numbered(4), { by: 'group' }],
  ] as const)('are refused where there is one %s only', (_, table, options) => {
    const deal = () => dealFolds(table, 5, options);
    expect(deal).toThrow(expect.objectContaining({ code: 'TABLE_INVALID' }));
  });
});
