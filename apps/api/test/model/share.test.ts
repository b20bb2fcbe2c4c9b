import { defaultSchema } from '@adscale/ctr';
import { type Schema, Random } from '@adscale/forest';
import fc from 'fast-check';
import { RowShare } from '../../src/model/share.js';

const ROWS = 20_000;

/** Rows as they come: mostly small whole numbers and round amounts, which hash badly if at all. */
function rowsOf(varied: readonly number[], count = ROWS): Float64Array[] {
  const random = new Random(7, 0);
  return Array.from({ length: count }, () => {
    const row = Float64Array.of(5000, 1, 0, 2500);
    for (const f of varied) row[f] = 1 + random.below([90_000, 10, 3, 900_000][f]);
    return row;
  });
}

const sharesOf = (share: RowShare, rows: readonly Float64Array[]) =>
  rows.filter((row) => share.takes(row)).length / rows.length;

/** Five standard deviations of a share of n rows drawn by chance. */
const spread = (percent: number, n: number) =>
  5 * Math.sqrt(((percent / 100) * (1 - percent / 100)) / n);

describe('a share of the rows', () => {
  it.each([0.1, 1, 5, 50, 99])('of %d %% holds that many of them', (percent) => {
    const share = new RowShare(defaultSchema, 'canary x', percent);
    const taken = sharesOf(share, rowsOf([0, 1, 2, 3]));
    expect(Math.abs(taken - percent / 100)).toBeLessThan(spread(percent, ROWS));
  });

  it.each([0, 3])('holds that many too when only feature %d differs', (feature) => {
    const distinct = [...new Map(rowsOf([feature]).map((row) => [row.join(), row])).values()];
    const taken = sharesOf(new RowShare(defaultSchema, 'canary x', 20), distinct);
    expect(Math.abs(taken - 0.2)).toBeLessThan(spread(20, distinct.length));
  });

  it('of 100 % holds all, and of almost nothing nearly none', () => {
    const rows = rowsOf([0, 1, 2, 3], 1000);
    expect(sharesOf(new RowShare(defaultSchema, 'x', 100), rows)).toBe(1);
    expect(sharesOf(new RowShare(defaultSchema, 'x', 1e-9), rows)).toBe(0);
  });

  it('keeps its rows when it grows', () => {
    const rows = rowsOf([0, 1, 2, 3]);
    const [small, large] = [5, 25].map((percent) => new RowShare(defaultSchema, 'x', percent));
    for (const row of rows) if (small.takes(row)) expect(large.takes(row)).toBe(true);
  });

  it('is independent of shares with another salt', () => {
    const rows = rowsOf([0, 1, 2, 3]);
    const [one, two] = ['canary a', 'canary b'].map(
      (salt) => new RowShare(defaultSchema, salt, 30),
    );
    const both = rows.filter((row) => one.takes(row) && two.takes(row)).length / rows.length;
    expect(Math.abs(both - 0.09)).toBeLessThan(spread(9, ROWS));
  });

  it('does not care about the order of the features, nor about the sign of zero', () => {
    const reversed: Schema = { features: defaultSchema.features.toReversed() };
    const share = new RowShare(defaultSchema, 'x', 50);
    const other = new RowShare(reversed, 'x', 50);
    const number = fc.oneof(fc.double(), fc.constantFrom(0, -0), fc.integer());
    fc.assert(
      fc.property(fc.tuple(number, number, number, number), (values) => {
        const row = Float64Array.from(values);
        const positive = row.map((value) => (value === 0 ? 0 : value));
        expect(other.takes(row.toReversed())).toBe(share.takes(row));
        expect(share.takes(positive)).toBe(share.takes(row));
      }),
    );
  });

  it('knows words by their texts, whatever numbers a model gives them, and unknown ones apart', () => {
    const features = [{ name: 'keyword', kind: 'word' } as const];
    const share = new RowShare({ features }, 'canary x', 30);
    const texts = Array.from({ length: 2000 }, (_, i) => ({ keyword: `word ${i}` }));
    const taken = texts.map((record) => share.takes(Float64Array.of(NaN), record));
    const known = texts.map((record, i) => share.takes(Float64Array.of(i), record));
    expect(known).toEqual(taken);
    const part = taken.filter(Boolean).length / taken.length;
    expect(Math.abs(part - 0.3)).toBeLessThan(spread(30, texts.length));
  });
});
