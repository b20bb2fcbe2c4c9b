import { wordStatistics } from '../../src/words/statistics.js';
import { levelsOf, type LevelRows } from '../../src/words/levels.js';
import { columnsOf, drawing, sum, word } from '../draw.js';

const ones = (rows: number): Uint8Array => new Uint8Array(rows).fill(1);

/** One level of words that are given by row. */
function flat(words: readonly number[]): LevelRows[] {
  return levelsOf(columnsOf([word('keyword')], [words]), { hierarchy: [] });
}

/** A level of children (by row) below one of parents (by row). */
function nested(parents: readonly number[], children: readonly number[]): LevelRows[] {
  return levelsOf(columnsOf([word('parent'), word('child')], [parents, children]), {
    hierarchy: [['parent', 'child']],
  });
}

const observed = (impressions: readonly number[], clicks: readonly number[]) => ({
  impressions: Float64Array.from(impressions),
  clicks: Float64Array.from(clicks),
});

/** The analysis of variance of all rows, as those of one word. */
function commonCorrelation(n: readonly number[], k: readonly number[]): number {
  const [all, clicks] = [sum(n), sum(k)];
  const p = (clicks + 1) / (all + all / clicks);
  const within = sum(n.map((count, i) => count * (k[i] / count - clicks / all) ** 2));
  const excess = within / (p * (1 - p)) - (n.length - 1);
  return excess / (all - sum(n.map((count) => count ** 2)) / all - (n.length - 1));
}

/** Words of one row each by the formulas alone: m is where the variance between them settles. */
function shrunkTo(p: number, n: readonly number[], k: readonly number[]) {
  let b = 0.01;
  for (let round = 0; round < 8; round++) {
    const w = n.map((count) => count / (1 + (count - 1) * b));
    const squares = sum(n.map((count, i) => w[i] * (k[i] / count - p) ** 2)) / (p * (1 - p));
    const chance = sum(n.map((count, i) => w[i] / count));
    const room = sum(n.map((count, i) => w[i] * (1 - 1 / count)));
    b = ((squares * n.length) / (n.length - 1) - chance) / room;
  }
  const m = 1 / b - 1;
  return { m, ctr: n.map((count, i) => (k[i] + m * p) / (count + m)) };
}

describe('word statistics', () => {
  it('are what the formulas say of five words', () => {
    const [n, k] = [
      [100, 200, 50, 400, 1000],
      [10, 4, 5, 60, 20],
    ];
    const { average, levels } = wordStatistics(flat([0, 1, 2, 3, 4]), observed(n, k), ones(5));
    // The account's average has rows by what they count, which is less for the great ones.
    const rho = commonCorrelation(n, k);
    const weight = n.map((count) => 1 / (1 + (count - 1) * rho));
    const expected =
      sum(k.map((clicks, i) => clicks * weight[i])) / sum(n.map((count, i) => count * weight[i]));
    expect(average).toBeCloseTo(expected, 12);
    expect([...levels[0].count]).toEqual(n);
    expect(levels[0].correlation).toBe(0);
    const shrunk = shrunkTo(average, n, k);
    expect(levels[0].strength).toBeCloseTo(shrunk.m, 6);
    shrunk.ctr.forEach((ctr, w) => expect(levels[0].ctr[w]).toBeCloseTo(ctr, 7));
  });

  it('are plain sums where rows are single impressions', () => {
    const words = Array.from({ length: 600 }, (_, row) => row % 3);
    const clicks = words.map((w, row) => +(row % 60 < [6, 12, 30][w]));
    const { levels } = wordStatistics(
      flat(words),
      observed(
        words.map(() => 1),
        clicks,
      ),
      ones(600),
    );
    expect([...levels[0].count]).toEqual([200, 200, 200]);
    const rates = [0, 1, 2].map((w) => sum(clicks.filter((_, row) => words[row] === w)) / 200);
    levels[0].ctr.forEach((ctr, w) => expect(Math.abs(ctr - rates[w])).toBeLessThan(0.02));
  });

  it('know nothing of rows that are not counted in', () => {
    const words = [0, 0, 1, 1, 2];
    const statistics = (clicks: readonly number[]) =>
      wordStatistics(
        flat(words),
        observed([50, 60, 70, 80, 90], clicks),
        Uint8Array.of(1, 1, 0, 1, 0),
      );
    const told = statistics([5, 6, 7, 8, 9]);
    expect(statistics([5, 6, 70, 8, 0])).toEqual(told);
    expect(told.levels[0].count[2]).toBe(0);
    expect(told.levels[0].ctr[2]).toBeNaN();
    expect(statistics([5, 7, 7, 8, 9])).not.toEqual(told);
  });

  it('ignore rows that have no word, but for the average', () => {
    const [a, b] = [
      wordStatistics(flat([0, 1, NaN]), observed([9, 9, 9], [1, 2, 9]), ones(3)),
      wordStatistics(flat([0, 1, NaN]), observed([9, 9, 9], [1, 2, 0]), ones(3)),
    ];
    expect(a.levels[0].count).toEqual(b.levels[0].count);
    expect(a.average).toBeGreaterThan(b.average);
  });

  it.each([30, 200])('find how alike words are: a beta prior of strength %d', (strength) => {
    const found = [1, 2, 3].map((seed) => {
      const draw = drawing(seed);
      const words = 3000;
      const n = Array.from({ length: words }, () => 20 + draw.below(2000));
      const k = n.map((count) => draw.binomial(count, draw.beta(0.05, 1 / (strength + 1))));
      const { levels } = wordStatistics(flat([...n.keys()]), observed(n, k), ones(words));
      return levels[0].strength;
    });
    // The standard error of a strength of 3,000 words is about 4 %.
    for (const one of found) expect(Math.abs(one / strength - 1)).toBeLessThan(0.2);
    expect(Math.abs(sum(found) / 3 / strength - 1)).toBeLessThan(0.1);
  });

  it.each([0.001, 0.02])('find how alike the impressions of a row are: correlation %d', (rho) => {
    const draw = drawing(5);
    const rows = 20_000;
    const words = Array.from({ length: rows }, (_, row) => row % 500);
    const rates = Array.from({ length: 500 }, () => draw.beta(0.05, 0.01));
    const n = words.map(() => 50 + draw.below(1000));
    const k = n.map((count, row) => draw.binomial(count, draw.beta(rates[words[row]], rho)));
    const { levels } = wordStatistics(flat(words), observed(n, k), ones(rows));
    expect(Math.abs(levels[0].correlation / rho - 1)).toBeLessThan(0.15);
    const effective = sum(
      n.filter((_, row) => words[row] === 7).map((x) => x / (1 + (x - 1) * rho)),
    );
    expect(Math.abs(levels[0].count[7] / effective - 1)).toBeLessThan(0.15);
    // With it, words that are alike by 0.01 are found to be.
    expect(Math.abs(levels[0].strength / 99 - 1)).toBeLessThan(0.25);
  });

  it('of binomial rows find next to no correlation, and count impressions', () => {
    const draw = drawing(6);
    const words = Array.from({ length: 20_000 }, (_, row) => row % 500);
    const n = words.map(() => 50 + draw.below(1000));
    const k = n.map((count, row) => draw.binomial(count, 0.03 + 0.0001 * words[row]));
    const { levels } = wordStatistics(flat(words), observed(n, k), ones(n.length));
    expect(levels[0].correlation).toBeLessThan(1e-4);
  });

  it('of words that differ by chance alone answer the average', () => {
    const draw = drawing(7);
    const n = Array.from({ length: 2000 }, () => 100);
    const k = n.map((count) => draw.binomial(count, 0.05));
    const { average, levels } = wordStatistics(flat([...n.keys()]), observed(n, k), ones(2000));
    for (const ctr of levels[0].ctr) {
      if (!Number.isNaN(ctr)) expect(Math.abs(ctr / average - 1)).toBeLessThan(0.15);
    }
  });

  it('forget words that say next to nothing, and keep the ones that are known to be usual', () => {
    const draw = drawing(8);
    const n = [...Array.from({ length: 500 }, () => 50_000), 1, 2, 10_000];
    const k = n.map((count) => draw.binomial(count, draw.beta(0.02, 1 / 2001)));
    const { levels } = wordStatistics(flat([...n.keys()]), observed(n, k), ones(n.length));
    const [{ count, ctr, strength }] = levels;
    expect(strength).toBeGreaterThan(1000);
    // 1 / 2,000 of what a word is told by, and far from a click.
    expect([count[500], count[501]]).toEqual([0, 0]);
    expect([ctr[500], ctr[501]]).toEqual([NaN, NaN]);
    expect(count[502]).toBe(10_000);
    expect(count.slice(0, 500).every((c) => c === 50_000)).toBe(true);
  });
});

describe('nested word statistics', () => {
  it('shrink a child towards its parent, not the average', () => {
    // Parents of 10 % and of 1 %; of child 40 and of child 41 is known as good as nothing.
    const draw = drawing(9);
    const children = Array.from({ length: 40 }, (_, c) => c);
    const parents = [...children.map((c) => c % 2), 0, 1];
    const n = [...children.map(() => 5000), 3, 3];
    const k = parents.map((p, i) =>
      n[i] === 3 ? 0 : draw.binomial(n[i], draw.beta([0.1, 0.01][p], 1 / 501)),
    );
    const { average, levels } = wordStatistics(
      nested(parents, [...n.keys()]),
      observed(n, k),
      ones(42),
    );
    const [above, below] = levels;
    expect(above.ctr[0]).toBeGreaterThan(0.07);
    expect(above.ctr[1]).toBeLessThan(0.02);
    // What little is kept of them lies next to the parent; a word that is forgotten has no CTR.
    for (const [c, p] of [
      [40, 0],
      [41, 1],
    ]) {
      const ctr = below.count[c] > 0 ? below.ctr[c] : above.ctr[p];
      expect(Math.abs(ctr / above.ctr[p] - 1)).toBeLessThan(0.05);
      expect(Math.abs(ctr / average - 1)).toBeGreaterThan(0.3);
    }
  });

  it('of a child without a parent shrink towards the average', () => {
    const parents = [...Array.from({ length: 20 }, (_, c) => c % 4), NaN];
    const n = parents.map(() => 200);
    const k = parents.map((p, c) => (Number.isNaN(p) ? 40 : [2, 20, 30, 40][p] + (c % 3)));
    const { average, levels } = wordStatistics(
      nested(parents, [...n.keys()]),
      observed(n, k),
      ones(21),
    );
    const { ctr, strength } = levels[1];
    expect(ctr[20]).toBeCloseTo((40 + strength * average) / (200 + strength), 6);
    expect(ctr[0]).toBeCloseTo((k[0] + strength * levels[0].ctr[0]) / (200 + strength), 6);
  });

  it('tell of a parent by its children, not by the one that is a giant', () => {
    const draw = drawing(10);
    const rates = (parent: number, child: number): number =>
      parent === 0 ? (child === 0 ? 0.2 : 0.02) : 0.02 + 0.005 * (parent % 5);
    const rows = Array.from({ length: 3000 }, (_, row) => {
      const child = row % 300;
      return { parent: child % 10, child: Math.floor(child / 10), word: child };
    });
    const n = rows.map(({ parent, child }) => (parent === 0 && child === 0 ? 100_000 : 300));
    const k = rows.map(({ parent, child }, row) => draw.binomial(n[row], rates(parent, child)));
    const levels = nested(
      rows.map(({ parent }) => parent),
      rows.map(({ word: own }) => own),
    );
    const [above, below] = wordStatistics(levels, observed(n, k), ones(3000)).levels;
    const pooled = (own: (row: number) => boolean): number =>
      sum(k.filter((_, row) => own(row))) / sum(n.filter((_, row) => own(row)));
    // All impressions of the parent have 0.18; 29 of its 30 children have 0.02.
    expect(pooled((row) => rows[row].parent === 0)).toBeGreaterThan(0.17);
    expect(above.ctr[0]).toBeLessThan(0.07);
    expect(below.ctr[0]).toBeCloseTo(0.2, 1);
    expect(below.ctr[10]).toBeLessThan(0.04);
  });
});
