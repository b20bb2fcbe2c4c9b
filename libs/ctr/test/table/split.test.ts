import fc from 'fast-check';
import { split, splitFolds, splitTable, type CtrTable } from '../../src/index.js';
import { placements } from '../data.js';

/** A table whose rows can be told apart, by their true CTR. */
function numbered(rows: number, keys: Partial<Pick<CtrTable, 'time' | 'group'>> = {}): CtrTable {
  const table = { ...placements(rows), ...keys };
  table.trueCtr.forEach((_, row) => (table.trueCtr[row] = row));
  return table;
}

const rowsOf = ({ trueCtr }: CtrTable): number[] => [...trueCtr!];
const all = (rows: number): number[] => Array.from({ length: rows }, (_, row) => row);
const inOrder = (rows: number[]): number[] => rows.toSorted((a, b) => a - b);

describe('a split by rows', () => {
  it('is the one that models were always judged by', () => {
    const table = numbered(50);
    expect(split(table, { share: 0.3, seed: 7 })).toEqual(splitTable(table, 0.3, 7));
  });
});

describe('a split by time', () => {
  it('holds the latest rows out, whole moments at a time', () => {
    const time = Float64Array.from({ length: 100 }, (_, row) => (row * 7) % 10);
    const { training, heldOut } = split(numbered(100, { time }), { by: 'time', share: 0.24 });
    expect(heldOut.features.rows).toBe(20);
    expect(new Set(heldOut.time)).toEqual(new Set([8, 9]));
    expect(Math.max(...training.time!)).toBe(7);
    expect(inOrder([...rowsOf(training), ...rowsOf(heldOut)])).toEqual(all(100));
  });

  it('takes keys that the table has not', () => {
    const keys = Float64Array.from({ length: 10 }, (_, row) => -row);
    const { heldOut } = split(numbered(10), { by: 'time', keys, share: 0.2 });
    expect(rowsOf(heldOut)).toEqual([0, 1]);
  });

  it('always leaves a moment to train on', () => {
    const time = Float64Array.of(1, 2, 2, 2, 2);
    const { training, heldOut } = split(numbered(5, { time }), { by: 'time', share: 0.9 });
    expect([training.features.rows, heldOut.features.rows]).toEqual([1, 4]);
  });

  it.each([
    ['no key', {}, /there is no time to split by: name its column/],
    ['one moment', { time: new Float64Array(4).fill(3) }, /got one time, wanted two or more/],
    ['a missing key', { time: Float64Array.of(1, NaN, 2, 3) }, /time of row 1 is missing/],
    ['keys of other rows', { time: Float64Array.of(1, 2) }, /2 keys of time for 4 rows/],
  ])('is refused with %s', (_, keys, message) => {
    expect(() => split(numbered(4, keys), { by: 'time' })).toThrow(message);
  });
});

const groups = fc.array(fc.nat(6), { minLength: 4, maxLength: 60 });
const hasTwo = (list: number[]): boolean => new Set(list).size > 1;

describe('a split by group', () => {
  it('never has a group on both sides, nor loses a row', () => {
    fc.assert(
      fc.property(groups.filter(hasTwo), fc.double({ min: 0.05, max: 0.95 }), (list, share) => {
        const table = numbered(list.length, { group: Float64Array.from(list) });
        const { training, heldOut } = split(table, { by: 'group', share });
        const known = new Set(training.group);
        expect([...heldOut.group!].some((group) => known.has(group))).toBe(false);
        expect(inOrder([...rowsOf(training), ...rowsOf(heldOut)])).toEqual(all(list.length));
        expect(Math.min(training.features.rows, heldOut.features.rows)).toBeGreaterThan(0);
      }),
      { numRuns: 50 },
    );
  });

  it('comes as near to the share as its groups allow', () => {
    const group = Float64Array.from({ length: 1000 }, (_, row) => row % 50);
    const { heldOut } = split(numbered(1000, { group }), { by: 'group', share: 0.3 });
    expect(heldOut.features.rows).toBe(300);
  });

  it('depends on the seed', () => {
    const group = Float64Array.from({ length: 100 }, (_, row) => row % 20);
    const table = numbered(100, { group });
    const take = (seed: number) => rowsOf(split(table, { by: 'group', seed }).heldOut);
    expect(take(1)).toEqual(take(1));
    expect(take(1)).not.toEqual(take(2));
  });
});

describe('folds', () => {
  it('by rows hold every row out once, beside all others', () => {
    const folds = splitFolds(numbered(53), 5);
    expect(inOrder(folds.flatMap(({ heldOut }) => rowsOf(heldOut)))).toEqual(all(53));
    for (const { training, heldOut } of folds) {
      expect(Math.abs(heldOut.features.rows - 53 / 5)).toBeLessThan(1);
      expect(inOrder([...rowsOf(training), ...rowsOf(heldOut)])).toEqual(all(53));
      expect(training.features.values[0]).toHaveLength(training.features.rows);
    }
  });

  it('by group keep groups whole and are about equal', () => {
    fc.assert(
      fc.property(
        groups.filter((list) => new Set(list).size > 2),
        (list) => {
          const table = numbered(list.length, { group: Float64Array.from(list) });
          const folds = splitFolds(table, 3, { by: 'group' });
          const held = folds.map(({ heldOut }) => new Set(heldOut.group));
          expect(held.reduce((sum, { size }) => sum + size, 0)).toBe(new Set(list).size);
          expect(folds.every(({ heldOut }) => heldOut.features.rows > 0)).toBe(true);
          expect(inOrder(folds.flatMap(({ heldOut }) => rowsOf(heldOut)))).toEqual(
            all(list.length),
          );
        },
      ),
      { numRuns: 50 },
    );
  });

  it.each([
    ['earliest', (row: number) => Math.max(0, row - 56)],
    ['latest', (row: number) => Math.min(3, row)],
  ])('by time all hold rows out where the %s moment has nearly all', (_, timeOf) => {
    const time = Float64Array.from({ length: 60 }, (__, row) => timeOf(row));
    const folds = splitFolds(numbered(60, { time }), 3, { by: 'time' });
    expect(folds.map(({ heldOut }) => [...new Set(heldOut.time)])).toEqual([[1], [2], [3]]);
  });

  it('by time train on the past only', () => {
    const moments = fc.array(fc.nat(9), { minLength: 6, maxLength: 60 });
    fc.assert(
      fc.property(
        moments.filter((list) => new Set(list).size > 3),
        (list) => {
          const folds = splitFolds(numbered(list.length, { time: Float64Array.from(list) }), 3, {
            by: 'time',
          });
          for (const { training, heldOut } of folds) {
            expect(Math.max(...training.time!)).toBeLessThan(Math.min(...heldOut.time!));
          }
          const last = folds[2];
          expect(inOrder([...rowsOf(last.training), ...rowsOf(last.heldOut)])).toEqual(
            all(list.length),
          );
        },
      ),
      { numRuns: 50 },
    );
  });

  it.each([
    [1, 'rows', /folds is 1, wanted a whole number ≥ 2/],
    [11, 'rows', /got 10 rows, wanted 11 or more/],
    [3, 'group', /got 2 groups, wanted 3 or more/],
    [5, 'time', /5 folds by time: got 5 different moments, wanted 6 or more/],
  ] as const)('are refused: %d by %s', (folds, by, message) => {
    const group = Float64Array.from({ length: 10 }, (_, row) => row % 2);
    const time = Float64Array.from({ length: 10 }, (_, row) => row % 5);
    expect(() => splitFolds(numbered(10, { group, time }), folds, { by })).toThrow(message);
  });
});
