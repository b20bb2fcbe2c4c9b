import { fit } from '@adscale/forest';
import {
  exposures,
  fitInput,
  splitTable,
  takeTable,
  unsampled,
  type CtrTable,
} from '../../src/index.js';

const schema = { features: [{ name: 'x', kind: 'integer' as const }] };

/** A grouped click log with so many impressions and clicks a cell. */
function groupedLog(impressions: number[], clicks: number[]): CtrTable {
  const cells = Float64Array.from(impressions.keys());
  return {
    features: { schema, rows: cells.length, values: [cells] },
    impressions: Float64Array.from(impressions),
    clicks: Float64Array.from(clicks),
    grouped: true,
    time: cells.map((cell) => 100 + cell),
    group: cells.map((cell) => cell % 2),
  };
}

const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0);

describe('a grouped click log', () => {
  it('is fitted as the impressions that were not clicked and those that were, counted', () => {
    const { columns, target, weight, count } = fitInput(groupedLog([5, 3, 2], [2, 0, 2]));
    expect([...columns.values[0]]).toEqual([0, 0, 1, 2]);
    expect([...target]).toEqual([0, 1, 0, 1]);
    expect([...(count as Float64Array)]).toEqual([3, 2, 3, 2]);
    expect([...weight!]).toEqual([1, 1, 1, 1]);
  });

  it('is fitted on the true scale where impressions without a click were sampled', () => {
    const table = { ...groupedLog([5, 3, 2], [2, 0, 2]), negativeSamplingRate: 0.1 };
    const { target, weight, count } = fitInput(table);
    expect([...(count as Float64Array)]).toEqual([3, 2, 3, 2]);
    expect([...weight!]).toEqual([10, 1, 10, 1]);
    expect([...target]).toEqual([0, 1, 0, 1]);
    expect([...exposures(table)]).toEqual([32, 30, 2]);
    expect(unsampled(table)).toMatchObject({ impressions: exposures(table), grouped: true });
    const { forest } = fit(fitInput(table), { trees: 1, bootstrap: false, minLeafRows: 1 });
    // p / (p + (1 − p) / rate) of 2 clicks in 5 sampled impressions.
    expect(forest.predict([0])).toBeCloseTo(0.4 / (0.4 + 0.6 / 0.1), 12);
  });

  it('has an impression on either side, however few there are', () => {
    for (let seed = 0; seed < 20; seed++) {
      const { training, heldOut } = splitTable(groupedLog([2, 1], [1, 0]), 0.05, seed);
      expect(sum(training.impressions) + sum(heldOut.impressions)).toBe(3);
      expect([training.features.rows > 0, heldOut.features.rows > 0]).toEqual([true, true]);
    }
  });

  it('is split impression by impression: every one is on one side, the share held out', () => {
    const table = groupedLog([100_000, 40_000, 3], [5_000, 40_000, 0]);
    const { training, heldOut } = splitTable(table, 0.2, 7);
    const back = (column: 'impressions' | 'clicks'): number[] => {
      const total = [0, 0, 0];
      for (const side of [training, heldOut]) {
        side.features.values[0].forEach((cell, row) => (total[cell] += side[column][row]));
      }
      return total;
    };
    expect(back('impressions')).toEqual([...table.impressions]);
    expect(back('clicks')).toEqual([...table.clicks]);
    // Four standard deviations of the binomial.
    expect(Math.abs(heldOut.impressions[0] - 20_000)).toBeLessThan(510);
    expect(Math.abs(heldOut.clicks[0] - 1_000)).toBeLessThan(115);
    expect(heldOut.grouped).toBe(true);
    expect(heldOut.time![0]).toBe(100 + heldOut.features.values[0][0]);
  });

  it('holds out of a cell what chance says, not a fixed share', () => {
    const cells = 4000;
    const table = groupedLog(new Array(cells).fill(50), new Array(cells).fill(10));
    const { heldOut } = splitTable(table, 0.3, 3);
    const clicks = new Float64Array(cells);
    heldOut.features.values[0].forEach((cell, row) => (clicks[cell] = heldOut.clicks[row]));
    const mean = sum(clicks) / cells;
    const variance = sum(clicks.map((count) => (count - mean) ** 2)) / (cells - 1);
    expect(Math.abs(mean - 3)).toBeLessThan(0.12);
    expect(Math.abs(variance - 2.1)).toBeLessThan(0.25);
  });

  it('is split by the seed alone, and not so that a side is empty', () => {
    const table = groupedLog([1000, 500], [10, 20]);
    const clicks = (seed: number): number => splitTable(table, 0.5, seed).heldOut.impressions[0];
    expect(clicks(1)).toBe(clicks(1));
    expect(clicks(1)).not.toBe(clicks(2));
    expect(() => splitTable(groupedLog([1], [0]), 0.5, 1)).toThrow(/no impression is left for the/);
  });

  it('keeps its keys and what it is when rows are taken', () => {
    const taken = takeTable(groupedLog([5, 3, 2], [2, 0, 2]), [2, 0]);
    expect(taken.grouped).toBe(true);
    expect([[...taken.time!], [...taken.group!]]).toEqual([
      [102, 100],
      [0, 0],
    ]);
  });
});
