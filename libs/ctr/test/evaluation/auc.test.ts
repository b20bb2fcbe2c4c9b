import fc from 'fast-check';
import { RocArea } from '../../src/evaluation/auc.js';

/** Every click against every non-click, as the definition has it. */
function byPairs(predicted: number[], clicks: number[], impressions: number[]): number {
  let won = 0;
  let pairs = 0;
  predicted.forEach((p, i) =>
    predicted.forEach((q, j) => {
      const weight = clicks[i] * (impressions[j] - clicks[j]);
      pairs += weight;
      won += weight * (p > q ? 1 : p === q ? 0.5 : 0);
    }),
  );
  return won / pairs;
}

const row = fc
  .record({ p: fc.integer({ min: 1, max: 8 }), n: fc.integer({ min: 1, max: 9 }), k: fc.nat(9) })
  .map(({ p, n, k }) => ({ p: p / 10, n, k: Math.min(k, n) }));

const rowsOf = (rows: { p: number; n: number; k: number }[]) => ({
  predicted: Float64Array.from(rows, ({ p }) => p),
  observed: Float64Array.from(rows, ({ n, k }) => k / n),
  weight: Float64Array.from(rows, ({ n }) => n),
});

describe('the area under the ROC curve', () => {
  it('is none where a prediction is none', () => {
    const rows = rowsOf([
      { p: NaN, n: 2, k: 1 },
      { p: 0.5, n: 2, k: 1 },
    ]);
    expect(new RocArea(rows).area()).toBeNaN();
  });

  it('is the share of pairs that are ranked right, ties counting half', () => {
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 12 }), (rows) => {
        const wanted = byPairs(
          rows.map(({ p }) => p),
          rows.map(({ k }) => k),
          rows.map(({ n }) => n),
        );
        const area = new RocArea(rowsOf(rows)).area();
        if (Number.isNaN(wanted)) expect(area).toBeNaN();
        else expect(area).toBeCloseTo(wanted, 12);
      }),
    );
  });

  it('of drawn units is that of a table with as many copies', () => {
    const rows = [
      { p: 0.1, n: 5, k: 1 },
      { p: 0.3, n: 4, k: 3 },
      { p: 0.2, n: 7, k: 2 },
    ];
    const copies = [rows[0], rows[2], rows[2], rows[2]];
    const drawn = new RocArea(rowsOf(rows)).area(Float64Array.of(1, 0, 3));
    expect(drawn).toBeCloseTo(new RocArea(rowsOf(copies)).area(), 12);
  });

  it('counts a row that stands for many as often', () => {
    const predicted = Float64Array.of(0.1, 0.2, 0.2);
    const observed = Float64Array.of(0, 0, 1);
    const weight = Float64Array.of(1, 1, 1);
    const counted = new RocArea({ predicted, observed, weight, count: Float64Array.of(3, 2, 2) });
    expect(counted.area()).toBeCloseTo((3 * 2 + 0.5 * 2 * 2) / (5 * 2), 12);
  });

  it('is not told where nothing was clicked', () => {
    expect(new RocArea(rowsOf([{ p: 0.1, n: 5, k: 0 }])).area()).toBeNaN();
  });
});
