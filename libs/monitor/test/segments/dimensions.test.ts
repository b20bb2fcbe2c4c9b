import { judgedCells } from '../../src/ledger/judged.js';
import { Ledger } from '../../src/ledger/ledger.js';
import { dimensionsOf } from '../../src/segments/dimensions.js';
import { binsOf, daySums, divisionOf, segmentAt } from '../../src/segments/sums.js';
import type { OutcomeCell } from '../../src/index.js';
import { cellOf } from '../cells.js';

function judged(cells: readonly Partial<OutcomeCell>[]) {
  const ledger = new Ledger();
  for (const cell of cells) ledger.add(cellOf(cell), { day: 20_513, share: 1, worth: NaN });
  return judgedCells(ledger, 'v1', [-Infinity, Infinity]);
}
const dimension = (cells: readonly Partial<OutcomeCell>[], kind: string) =>
  dimensionsOf(judged(cells)).find((one) => one.kind === kind)!;

test('numbers of many values are told in ten ranges of about equal impressions', () => {
  const cells = Array.from({ length: 100 }, (_, i) => ({ record: { budget: 100 * (i + 1) } }));
  const { labels, codes } = dimension(cells, 'ranges');
  expect(labels).toHaveLength(10);
  expect(labels[0]).toBe('budget 100 to 1,000');
  expect(labels[9]).toBe('budget 9,100 to 10,000');
  for (let bin = 0; bin < 10; bin++)
    expect([...codes].filter((code) => code === bin).length).toBe(10);
});

test('a number that has most impressions is a range of its own', () => {
  const cells = Array.from({ length: 50 }, (_, i) => ({
    record: { budget: i + 1 },
    impressions: i === 20 ? 100_000 : 1000,
  }));
  expect(dimension(cells, 'ranges').labels).toContain('budget = 21');
});

test('numbers of few values are each a segment, in order, and so is what is missing', () => {
  const cells = [3, 1, 2, null, 10].map((ad_position) => ({ record: { ad_position } }));
  const { labels, codes } = dimension(cells, 'values');
  expect(new Set(labels)).toEqual(
    new Set([
      'ad_position = 1',
      'ad_position = 2',
      'ad_position = 3',
      'ad_position = 10',
      'ad_position is missing',
    ]),
  );
  expect(labels[codes[3]]).toBe('ad_position is missing');
});

test('of words, the twenty of most impressions are segments, and whether they are known', () => {
  const cells = Array.from({ length: 60 }, (_, i) => ({
    record: { creative: i < 50 ? `c${i}` : null },
    unseen: i < 50 ? [] : ['creative'],
    impressions: 1000 + i,
  }));
  const values = dimension(cells, 'values');
  expect(values.labels.length).toBeLessThanOrEqual(21);
  expect(values.labels).toContain('creative = c49');
  expect(values.labels).not.toContain('creative = c5');
  expect(values.codes[5]).toBe(-1);
  const known = dimension(cells, 'known');
  expect(known.labels[known.codes[55]]).toBe('creative is not known to the model');
  expect(known.labels[known.codes[5]]).toBe('creative is known to the model');
});

test('predictions are told in tenths', () => {
  const cells = Array.from({ length: 100 }, (_, i) => ({ record: {}, predicted: 10 + i }));
  const { labels, codes } = dimension(cells, 'deciles');
  expect(labels).toHaveLength(10);
  expect(labels[0]).toMatch(/^predicted CTR 0\.99\d* % to 1\.9\d? %$/);
  expect(codes[99]).toBe(9);
});

test('a feature of one value divides nothing', () => {
  expect(dimensionsOf(judged([{ record: { a: 'x' } }, { record: { a: 'x' } }]))).toEqual([]);
  expect(dimensionsOf(judged([]))).toEqual([]);
});

test('two dimensions together divide by both, and say which', () => {
  const cells = judged(
    ['x', 'y', 'z'].flatMap((a) =>
      ['p', 'q'].map((b) => ({ record: { a, b }, clicks: 5, predicted: 4 })),
    ),
  );
  const division = divisionOf(...dimensionsOf(cells).filter(({ kind }) => kind === 'values'));
  expect(division.segments).toBe(6);
  for (let at = 0; at < 6; at++) {
    const segment = segmentAt(division, at);
    expect(binsOf(division, segment)).toEqual(division.dimensions.map(({ codes }) => codes[at]));
  }
  expect(daySums(cells, division, cells.expected)).toEqual(
    Array.from({ length: 6 }, () => [{ clicks: 5, expected: 4, squares: 16 }]),
  );
});
