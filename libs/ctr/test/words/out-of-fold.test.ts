import { dealFolds } from '../../src/table/folds.js';
import type { CtrTable, RecordFeature } from '../../src/index.js';
import { levelsOf, type WordOptions } from '../../src/words/levels.js';
import { OutOfFold } from '../../src/words/out-of-fold.js';
import { drawing, tableOf, word } from '../draw.js';

const position: RecordFeature = { name: 'position', kind: 'integer', minimum: 1, maximum: 9 };

/** Rows of some words below campaigns, with a position, at random. */
function randomTable(rows: number, seed: number, time = false): CtrTable {
  const draw = drawing(seed);
  const words = Array.from({ length: rows }, () => draw.below(12));
  const places = words.map(() => 1 + draw.below(4));
  const n = words.map(() => 20 + draw.below(200));
  const k = n.map((count, row) => draw.binomial(count, 0.02 * (1 + words[row] / 4)));
  const features = [word('keyword'), word('campaign'), position];
  const table = tableOf(features, [words, words.map((w) => w % 3), places], n, k);
  return time
    ? { ...table, time: Float64Array.from(words.keys(), (row) => (row * 7) % rows) }
    : table;
}

const options: WordOptions = {
  hierarchy: [['campaign', 'keyword']],
  cross: [['keyword', 'position']],
};

/** The columns for each fold that is left out, −1: none. */
function encodings(
  { features, impressions, clicks }: CtrTable,
  parts: ReturnType<typeof dealFolds>,
  order = [-1, ...Array.from({ length: parts.folds }, (_, f) => f)],
): Map<number, readonly Float64Array[]> {
  const made = new OutOfFold(features, levelsOf(features, options), { impressions, clicks }, parts);
  return new Map(order.map((f) => [f, (f < 0 ? made.all() : made.without(f)).values] as const));
}

/** A table in which the clicks of some rows are those that were missed. */
function flipped(table: CtrTable, isChosen: (row: number) => boolean): CtrTable {
  const clicks = table.clicks.map((k, row) => (isChosen(row) ? table.impressions[row] - k : k));
  return { ...table, clicks };
}

/** Rows whose columns differ. */
function moved(one: readonly Float64Array[], other: readonly Float64Array[]): number[] {
  return [...one[0].keys()].filter((row) =>
    one.some((column, c) => !Object.is(column[row], other[c][row])),
  );
}

describe('no row sees itself', () => {
  const words = [0, 1, 2, 3, 4];
  const five = tableOf(
    [word('keyword'), word('campaign')],
    [words, [0, 0, 1, 1, 1]],
    [10, 20, 30, 40, 50],
    [1, 0, 3, 9, 2],
  );
  const made = (table: CtrTable, parts: ReturnType<typeof dealFolds>) => {
    const { features, impressions, clicks } = table;
    const levels = levelsOf(features, { hierarchy: [['campaign', 'keyword']] });
    const own = new OutOfFold(features, levels, { impressions, clicks }, parts);
    return [own.all(), ...words.map((f) => own.without(f))].map(({ values }) => values);
  };

  it.each(words)('where five words have a row each: row %d may flip', (row) => {
    const parts = dealFolds(five, 5);
    const [before, after] = [
      made(five, parts),
      made(
        flipped(five, (r) => r === row),
        parts,
      ),
    ];
    before.forEach((columns, i) => {
      const others = moved(columns, after[i]);
      expect(others).not.toContain(row);
      // Whoever leaves the row's fold out sees no difference at all; any other does.
      if (i - 1 === parts.fold[row]) expect(others).toEqual([]);
      else expect(others.length).toBeGreaterThan(0);
    });
  });

  it.each(words)('nor any earlier row, in time: row %d may flip', (row) => {
    const time = Float64Array.of(3, 1, 5, 2, 4);
    const stretch = Uint8Array.from(time, (t) => t - 1);
    const parts = { ...dealFolds(five, 5), stretch };
    const [before, after] = [
      made(five, parts),
      made(
        flipped(five, (r) => r === row),
        parts,
      ),
    ];
    before.forEach((columns, i) => {
      for (const other of moved(columns, after[i])) expect(time[other]).toBeGreaterThan(time[row]);
    });
  });

  it('in a table large enough to compare placements', () => {
    const table = randomTable(400, 1);
    const parts = dealFolds(table, 4);
    const before = encodings(table, parts);
    for (const fold of [0, 1, 2, 3]) {
      const after = encodings(
        flipped(table, (row) => parts.fold[row] === fold),
        parts,
      );
      // Without the fold nothing moves; else only rows of others do.
      expect(moved(before.get(fold)!, after.get(fold)!)).toEqual([]);
      const others = moved(before.get(-1)!, after.get(-1)!);
      expect(others.length).toBeGreaterThan(250);
      expect(others.filter((row) => parts.fold[row] === fold)).toEqual([]);
    }
  });

  it('in time: what comes later moves nothing, and what is left out moves nothing', () => {
    const table = randomTable(600, 2, true);
    const parts = dealFolds(table, 4);
    const { stretch } = parts;
    expect(new Set(stretch)).toEqual(new Set([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]));
    const before = encodings(table, parts);
    for (const from of [1, 3, 4, 9]) {
      const after = encodings(
        flipped(table, (row) => stretch![row] >= from),
        parts,
      );
      for (const [f, columns] of before) {
        const others = moved(columns, after.get(f)!);
        expect(others.filter((row) => stretch![row] <= from)).toEqual([]);
        expect(others.length > 0).toBe(from < 9);
      }
    }
    for (const fold of [0, 1, 2, 3]) {
      const after = encodings(
        flipped(table, (row) => parts.fold[row] === fold),
        parts,
      );
      expect(moved(before.get(fold)!, after.get(fold)!)).toEqual([]);
    }
  });
});

describe('columns out of fold', () => {
  it.each([false, true])('do not depend on what was asked for before (in time: %s)', (time) => {
    const table = randomTable(500, 3, time);
    const parts = dealFolds(table, 4);
    const together = encodings(table, parts);
    for (const f of [3, 0, -1, 2]) {
      expect(moved(together.get(f)!, encodings(table, parts, [f]).get(f)!)).toEqual([]);
    }
    const backwards = encodings(table, parts, [3, 2, 1, 0, -1]);
    for (const [f, columns] of together) expect(moved(columns, backwards.get(f)!)).toEqual([]);
  });

  it('are those of the rows that are left, counts told as of the whole table', () => {
    const table = tableOf(
      [word('keyword')],
      [[0, 1, 0, 1, 0, 1]],
      Array(6).fill(100),
      [10, 2, 12, 3, 14, 1],
    );
    const parts = { fold: Uint8Array.of(0, 0, 1, 1, 2, 2), stretch: null, table, folds: 3 };
    const [ctr, count] = trained(table, parts).values;
    // Word 0 has 300 impressions in all; what a row is told of two thirds is scaled up.
    expect([...count]).toEqual([300, 300, 300, 300, 300, 300]);
    expect(ctr[0]).toBeGreaterThan(ctr[2]);
    expect(ctr[2]).toBeGreaterThan(ctr[4]);
    expect(ctr[5]).toBeGreaterThan(ctr[1]);
  });

  it('of words that nobody else has are those of their parents, and a count of 0', () => {
    const table = tableOf(
      [word('keyword'), word('campaign')],
      [
        [0, 1, 1, 2, 2, 3],
        [0, 0, 0, 1, 1, 1],
      ],
      Array(6).fill(1000),
      [300, 250, 260, 20, 25, 30],
    );
    const parts = { fold: Uint8Array.of(0, 1, 2, 1, 2, 0), stretch: null, table, folds: 3 };
    const [ctr, count, above] = trained(table, parts).values;
    for (const row of [0, 5]) expect([ctr[row], count[row]]).toEqual([above[row], 0]);
    expect(above[0]).toBeGreaterThan(above[5]);
    expect(count[1]).toBeGreaterThan(0);
  });

  it('of the first stretch of time tell nothing at all', () => {
    const table = randomTable(100, 4, true);
    const parts = dealFolds(table, 4);
    const columns = encodings(table, parts).get(-1)!;
    const numbers = columns.filter((_, c) => c !== 4);
    parts.stretch!.forEach((s, row) => {
      for (const column of numbers) expect(Number.isNaN(column[row])).toBe(s === 0);
    });
  });
});

function trained({ features, impressions, clicks }: CtrTable, parts: ReturnType<typeof dealFolds>) {
  const hierarchy = features.values.length > 1 ? [['campaign', 'keyword']] : [];
  const levels = levelsOf(features, { hierarchy });
  return new OutOfFold(features, levels, { impressions, clicks }, parts).all();
}
