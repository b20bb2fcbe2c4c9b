import fc from 'fast-check';
import { calibrated, fitIsotonic } from '../../src/judge/calibration.js';
import { calibrate, fit, readModel, writeModel } from '../../src/index.js';
import { mixedData, rowOf } from '../data.js';

const numbers = (values: number[]): Float64Array => Float64Array.from(values);

/** Least weighted squares under monotony, by its definition: min-max over averages. */
function isotonicByDefinition(y: number[], w: number[]): number[] {
  const mean = (from: number, to: number): number => {
    let weight = 0;
    let sum = 0;
    for (let i = from; i <= to; i++) {
      weight += w[i];
      sum += w[i] * y[i];
    }
    return sum / weight;
  };
  return y.map((_, i) => {
    let best = -Infinity;
    for (let from = 0; from <= i; from++) {
      let least = Infinity;
      for (let to = i; to < y.length; to++) least = Math.min(least, mean(from, to));
      best = Math.max(best, least);
    }
    return best;
  });
}

describe('isotonic calibration', () => {
  it('is the least-squares monotone fit, weights and all', () => {
    const row = fc.tuple(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 1, max: 5 }));
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 15 }), (rows) => {
        const y = rows.map(([target]) => target);
        const w = rows.map(([, weight]) => weight);
        const { y: blocks } = fitIsotonic(numbers(y.map((_, i) => i)), numbers(y), numbers(w))!;
        const expected = [...new Set(isotonicByDefinition(y, w).map((value) => value.toFixed(9)))];
        expect([...blocks].map((value) => value.toFixed(9))).toEqual(expected);
      }),
    );
  });

  it('keeps the order of predictions, and is level outside the points', () => {
    const map = { x: numbers([1, 2, 4]), y: numbers([10, 20, 20]) };
    const at = [-5, 1, 1.5, 2, 3, 4, 9].map((x) => calibrated(map, x));
    expect(at).toEqual([10, 10, 15, 20, 20, 20, 20]);
  });

  it('makes one point of equal predictions', () => {
    const map = fitIsotonic(numbers([2, 1, 2]), numbers([9, 1, 3]), null)!;
    expect([[...map.x], [...map.y]]).toEqual([
      [1, 2],
      [1, 6],
    ]);
  });

  it('ascends strictly where the mean of equal predictions is rounded to above them', () => {
    const few = fc.constantFrom(0.1, 0.12345678901234, 0.3, 1 / 3, 0.7);
    const row = fc.tuple(
      few,
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.integer({ min: 1, max: 99_999 }),
    );
    fc.assert(
      fc.property(fc.array(row, { minLength: 2, maxLength: 40 }), (rows) => {
        const [p, y, w] = [0, 1, 2].map((c) => numbers(rows.map((entry) => entry[c])));
        const { x } = fitIsotonic(p, y, w)!;
        for (let i = 1; i < x.length; i++) expect(x[i]).toBeGreaterThan(x[i - 1]);
      }),
      { numRuns: 2000, seed: 15 },
    );
  });

  it('leaves out rows without a prediction and rows of weight 0', () => {
    const map = fitIsotonic(
      numbers([1, NaN, 2, 3]),
      numbers([1, 50, 99, 3]),
      numbers([1, 1, 0, 1]),
    )!;
    expect([...map.y]).toEqual([1, 3]);
    expect(fitIsotonic(numbers([NaN]), numbers([1]), null)).toBeNull();
  });

  it('mends a forest whose leaves are too coarse for its tails, in total and in order', () => {
    const data = mixedData({ rows: 1500 });
    data.target.forEach((y, i) => (data.target[i] = y ** 3));
    const raw = fit(data, { trees: 40, maxDepth: 2 });
    const mended = calibrate(data, raw);
    expect(mended.outOfBag.weightedR2).toBeGreaterThan(raw.outOfBag.weightedR2);
    const pairs = Array.from(data.target, (_, i) => rowOf(data.columns, i)).map((row) => [
      raw.forest.predict(row),
      mended.forest.predict(row),
    ]);
    pairs.sort((a, b) => a[0] - b[0]);
    for (let i = 1; i < pairs.length; i++)
      expect(pairs[i][1]).toBeGreaterThanOrEqual(pairs[i - 1][1]);
  });

  it('is part of the compiled forest and of the model file, to the bit', () => {
    const data = mixedData({ rows: 400, missing: 0.1 });
    const { forest } = calibrate(data, fit(data, { trees: 10 }));
    const back = readModel(writeModel(forest));
    const [table, packed] = [forest.compile(), forest.compile({ maxTableCells: 0 })];
    for (let i = 0; i < 400; i++) {
      const row = rowOf(data.columns, i);
      const plain = forest.predict(row);
      expect([table, packed, back, back.compile()].map((f) => f.predict(row))).toEqual([
        plain,
        plain,
        plain,
        plain,
      ]);
    }
  });
});
