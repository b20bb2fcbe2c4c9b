import type { RecordFeature } from '../../src/index.js';
import { levelsOf } from '../../src/words/levels.js';
import { standardImpressions } from '../../src/words/standard.js';
import { wordStatistics } from '../../src/words/statistics.js';
import { columnsOf, drawing, sum, word } from '../draw.js';

const position: RecordFeature = { name: 'position', kind: 'integer', minimum: 1, maximum: 5 };

/**
 * Words 0 to 9 are all worth the same; the first five are mostly shown first, the others mostly last. Word
 * 10 is twice as good, and is shown anywhere.
 */
function shown(rows: number) {
  const draw = drawing(1);
  const words = Array.from({ length: rows }, () => draw.below(11));
  const places = words.map((w) =>
    draw.uniform() < 0.2 || w === 10 ? 1 + draw.below(5) : w < 5 ? 1 : 5,
  );
  const n = words.map(() => 200 + draw.below(800));
  const rate = (row: number): number =>
    (words[row] === 10 ? 2 : 1) * [0.1, 0.08, 0.06, 0.04, 0.02][places[row] - 1];
  const k = n.map((count, row) => draw.binomial(count, rate(row)));
  const columns = columnsOf([word('keyword'), position], [words, places]);
  const observed = { impressions: Float64Array.from(n), clicks: Float64Array.from(k) };
  return { columns, observed, counted: new Uint8Array(rows).fill(1) };
}

describe('standard impressions', () => {
  const { columns, observed, counted } = shown(4000);
  const levels = levelsOf(columns, { hierarchy: [] });
  const standard = standardImpressions(columns, levels, observed, counted);
  const ctrsOf = (impressions: Float64Array): Float32Array =>
    wordStatistics(levels, { ...observed, impressions }, counted).levels[0].ctr;

  it('do not call a word better that was shown in better places', () => {
    const [raw, fair] = [ctrsOf(observed.impressions), ctrsOf(standard)];
    const ratio = (ctr: Float32Array): number => sum(ctr.slice(0, 5)) / sum(ctr.slice(5, 10));
    expect(ratio(raw)).toBeGreaterThan(2);
    expect(ratio(fair)).toBeGreaterThan(0.85);
    expect(ratio(fair)).toBeLessThan(1.2);
  });

  it('still call a word better that is', () => {
    const fair = ctrsOf(standard);
    const usual = sum(fair.slice(0, 10)) / 10;
    expect(fair[10] / usual).toBeGreaterThan(1.4);
    expect(fair[10] / usual).toBeLessThan(2.3);
  });

  it('are about as many as there were', () => {
    expect(Math.abs(sum(standard) / sum(observed.impressions) - 1)).toBeLessThan(0.03);
    standard.forEach((n, row) => {
      if (!(n > 0 && n >= observed.clicks[row])) throw new Error(`row ${row}: ${n}`);
    });
  });

  it('are the impressions where nothing but words is known', () => {
    const { schema, values, rows } = columns;
    const only = { schema: { features: [schema.features[0]] }, rows, values: [values[0]] };
    const own = levelsOf(only);
    expect(standardImpressions(only, own, observed, counted)).toBe(observed.impressions);
  });

  it('are the impressions where rows are too few, or nothing was clicked', () => {
    const few = Uint8Array.from(counted, (_, row) => +(row < 199));
    expect(standardImpressions(columns, levels, observed, few)).toBe(observed.impressions);
    const none = { ...observed, clicks: observed.clicks.map(() => 0) };
    expect(standardImpressions(columns, levels, none, counted)).toBe(observed.impressions);
  });

  it('do not look at rows that are not counted in', () => {
    const half = Uint8Array.from(counted, (_, row) => row % 2);
    const clicks = observed.clicks.map((k, row) =>
      row % 2 === 0 ? observed.impressions[row] - k : k,
    );
    const [one, other] = [observed, { ...observed, clicks }].map((o) =>
      standardImpressions(columns, levels, o, half),
    );
    expect(one).toEqual(other);
    expect(one[0]).toBe(observed.impressions[0]);
  });
});
