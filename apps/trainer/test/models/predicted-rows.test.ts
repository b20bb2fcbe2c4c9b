import type { CtrTable } from '@adscale/ctr';
import { groupPairs } from '../../src/models/predicted-rows.js';

/** Rows of two predictions, a group, and how many impressions and clicks. */
function tableOf(rows: readonly (readonly number[])[]): CtrTable {
  const column = (c: number): Float64Array => Float64Array.from(rows, (row) => row[c]);
  return {
    features: {
      schema: {
        features: [
          { name: 'candidate', kind: 'numeric' },
          { name: 'current', kind: 'numeric' },
        ],
      },
      rows: rows.length,
      values: [column(0), column(1)],
    },
    group: column(2),
    impressions: column(3),
    clicks: column(4),
  };
}

it('rows of a click log with the same predictions and group are counted as one', () => {
  const tiny = 2 ** -60;
  const { features, group, impressions, clicks, grouped } = groupPairs(
    tableOf([
      [0.1, 0.2, 1, 1, 0],
      [0.1, 0.2, 2, 1, 1],
      [0.1, NaN, 1, 1, 1],
      [0.1, 0.2, 1, 1, 1],
      [0.1 + tiny, 0.2, 1, 1, 0],
      [0.2, 0.1, 1, 1, 0],
      [0.1, NaN, 1, 1, 0],
    ]),
  );
  expect(grouped).toBe(true);
  // 0.1 and the tiny bit more are the same double.
  expect([...features.values[0]]).toEqual([0.1, 0.1, 0.1, 0.2]);
  expect([...features.values[1]]).toEqual([0.2, 0.2, NaN, 0.1]);
  expect([...group!]).toEqual([1, 2, 1, 1]);
  expect([...impressions]).toEqual([3, 1, 2, 1]);
  expect([...clicks]).toEqual([1, 1, 1, 0]);
});
