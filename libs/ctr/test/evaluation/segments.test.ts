import { Random } from '@adscale/forest';
import { randomBeta, randomBinomial } from 'd3-random';
import { calibrateSegments, usualSegments, wilson, type CtrTable } from '../../src/index.js';
import { placements } from '../data.js';

/** Places of the rows that a test holds of. */
const where = (rows: number, test: (row: number) => boolean): Uint32Array =>
  Uint32Array.from({ length: rows }, (_, row) => row).filter(test);

/** A table of one feature whose rows have so many clicks in so many impressions. */
function tableOf(impressions: number[], clicks: number[]): CtrTable {
  const { features } = placements(impressions.length);
  return {
    features,
    impressions: Float64Array.from(impressions),
    clicks: Float64Array.from(clicks),
  };
}

describe('calibration by segment', () => {
  it('is predicted over observed clicks of the rows that are named', () => {
    const table = tableOf([1000, 2000, 4000], [10, 30, 90]);
    const predicted = Float64Array.of(0.02, 0.02, 0.02);
    const [first, rest] = calibrateSegments(
      predicted,
      table,
      new Map([
        ['first', [0]],
        ['others', [1, 2]],
      ]),
    );
    expect(first).toMatchObject({ segment: 'first', rows: 1, impressions: 1000, clicks: 10 });
    expect(first.predicted_clicks).toBeCloseTo(20, 9);
    expect(first.calibration_ratio).toBeCloseTo(2, 9);
    expect(rest.calibration_ratio).toBeCloseTo(1, 9);
    expect(rest.off).toBe(false);
  });

  it("has Wilson's interval where rows are binomial and CTRs small", () => {
    const n = 1e6;
    const table = tableOf(new Array(10).fill(n / 10), new Array(10).fill(4));
    const predicted = new Float64Array(10).fill(5e-5);
    const [{ interval }] = calibrateSegments(predicted, table, [['all', where(10, () => true)]]);
    const { low, high } = wilson(40, n);
    expect(interval[0]).toBeCloseTo(5e-5 / high, 3);
    expect(interval[1]).toBeCloseTo(5e-5 / low, 3);
  });

  it('is less sure where rows are overdispersed, as a sum over rows of (n − 1) ρ says', () => {
    const table = tableOf(new Array(50).fill(1001), new Array(50).fill(20));
    const predicted = new Float64Array(50).fill(0.02);
    const all = where(50, () => true);
    const width = (rho: number): number => {
      const [{ interval }] = calibrateSegments(predicted, table, [['all', all]], {
        rhoOf: () => rho,
      });
      return Math.log(interval[1]! / interval[0]);
    };
    expect(width(0.008) / width(0)).toBeCloseTo(3, 1);
  });

  it('is less sure where the rows of a group err together', () => {
    const clicks = Array.from({ length: 100 }, (_, row) => (row % 2 === 0 ? 30 : 10));
    const table = tableOf(new Array(100).fill(1000), clicks);
    const predicted = new Float64Array(100).fill(0.02);
    const groups = Float64Array.from({ length: 100 }, (_, row) => row % 2);
    const all = where(100, () => true);
    const [alone] = calibrateSegments(predicted, table, [['all', all]]);
    const [together] = calibrateSegments(predicted, table, [['all', all]], { groups });
    expect(together.interval[0]).toBeLessThan(0.9 * alone.interval[0]);
    expect(together.interval[1]).toBeGreaterThan(1.1 * alone.interval[1]!);
  });

  it('does not call a segment off for what one great row makes of it', () => {
    const [great, others] = [1_000_000, new Array(50).fill(1000)];
    const table = tableOf([great, ...others], [14_000, ...others.map(() => 20)]);
    const predicted = new Float64Array(51).fill(0.02);
    const [one] = calibrateSegments(predicted, table, [['all', where(51, () => true)]]);
    expect(one.calibration_ratio).toBeGreaterThan(1.3);
    expect(one.interval[0]).toBeLessThan(1);
    expect(one.off).not.toBe(true);
  });

  it('tells no upper end and no ratio without clicks, and no verdict of too few', () => {
    const table = tableOf([100, ...new Array(10).fill(10_000)], new Array(11).fill(0));
    const [few, many] = calibrateSegments(new Float64Array(11).fill(0.01), table, [
      ['few', [0]],
      ['many', where(11, (row) => row > 0)],
      ['none', []],
    ]);
    expect(few).toMatchObject({ calibration_ratio: null, off: null });
    expect(few.interval[0]).toBeGreaterThan(0);
    expect(few.interval[1]).toBeNull();
    expect(many.off).toBe(true);
  });

  it('of many calibrated segments calls one off once in twenty tables at most', () => {
    let wrong = 0;
    for (let seed = 1; seed <= 100; seed++) {
      const { table, mu } = overdispersed(400, 0.003, seed);
      const segments = Array.from(
        { length: 20 },
        (_, s) => [`part ${s}`, where(400, (row) => row % 20 === s)] as const,
      );
      const judged = calibrateSegments(mu, table, segments, { rhoOf: () => 0.003 });
      wrong += +judged.some(({ off }) => off === true);
    }
    expect(wrong).toBeLessThanOrEqual(12);
  });

  it('holds the truth in about 95 of 100 intervals, where it knows the overdispersion', () => {
    let held = 0;
    for (let seed = 1; seed <= 400; seed++) {
      const { table, mu } = overdispersed(40, 0.003, seed);
      const [{ interval }] = calibrateSegments(mu, table, [['all', where(40, () => true)]], {
        rhoOf: () => 0.003,
      });
      held += +(interval[0] <= 1 && interval[1]! >= 1);
    }
    expect(held / 400).toBeGreaterThan(0.92);
    expect(held / 400).toBeLessThan(0.98);
  });

  it('finds the segment that is off among many that are not', () => {
    const { table, mu } = overdispersed(2000, 0.003, 5);
    const predicted = mu.map((ctr, row) => (row % 20 === 3 ? 1.4 * ctr : ctr));
    const segments = Array.from(
      { length: 20 },
      (_, s) => [`part ${s}`, where(2000, (row) => row % 20 === s)] as const,
    );
    const off = calibrateSegments(predicted, table, segments, { rhoOf: () => 0.003 }).filter(
      (segment) => segment.off,
    );
    expect(off.map(({ segment }) => segment)).toEqual(['part 3']);
    expect(off[0].calibration_ratio).toBeGreaterThan(1.2);
  });

  it('of a click log counts impressions one by one, sampled ones for as many as they were', () => {
    const { trueCtr: _, ...rows } = placements(300, 2);
    const all = where(300, () => true);
    const log = { ...rows, grouped: true };
    const predicted = Float64Array.from(rows.clicks, (k, row) => k / rows.impressions[row]);
    const [whole] = calibrateSegments(predicted, log, [['all', all]], { rhoOf: () => 0.5 });
    const [plain] = calibrateSegments(predicted, rows, [['all', all]]);
    expect(whole).toEqual(plain);
    const sampled = {
      ...log,
      impressions: log.clicks.map((k, row) => k + (log.impressions[row] - k) * 0.1),
      negativeSamplingRate: 0.1,
    };
    const [told] = calibrateSegments(predicted, sampled, [['all', all]]);
    expect(told.impressions).toBeCloseTo(whole.impressions, 4);
    expect(told.calibration_ratio).toBeCloseTo(1, 9);
    expect(told.interval[1]! - told.interval[0]).toBeGreaterThan(
      1.1 * (whole.interval[1]! - whole.interval[0]),
    );
  });
});

describe('the usual segments', () => {
  it('are the values of features of few values, missing ones too, and tenths of the impressions', () => {
    const table = placements(500);
    table.features.values[1][7] = NaN;
    const segments = new Map(usualSegments(table.trueCtr, table));
    const names = [...segments.keys()];
    expect(names.slice(0, 12)).toEqual([
      ...Array.from({ length: 10 }, (_, k) => `ad_position = ${k + 1}`),
      'ad_position is missing',
      'device_type = mobile',
    ]);
    expect(names.filter((name) => /^(impressions|budget)/.test(name))).toEqual([]);
    expect([...segments.get('ad_position is missing')!]).toEqual([7]);
    const tenths = names.filter((name) => name.startsWith('prediction'));
    expect(tenths).toHaveLength(10);
    const rows = tenths.flatMap((name) => [...segments.get(name)!]);
    expect(rows.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 500 }, (_, row) => row));
    const highest = Math.max(...Array.from(segments.get(tenths[0])!, (row) => table.trueCtr[row]));
    for (const row of segments.get(tenths[9])!) expect(table.trueCtr[row]).toBeGreaterThan(highest);
  });
});

/** Rows whose CTRs vary around known ones. */
function overdispersed(
  rows: number,
  rho: number,
  seed: number,
): { table: CtrTable; mu: Float64Array } {
  const { trueCtr: mu, ...table } = placements(rows, seed);
  const random = new Random(seed, 9);
  const uniform = (): number => (random.uint32() + 0.5) * 2 ** -32;
  const beta = randomBeta.source(uniform);
  const binomial = randomBinomial.source(uniform) as unknown as (
    n: number,
    p: number,
  ) => () => number;
  const size = 1 / rho - 1;
  const clicks = table.impressions.map((n, row) =>
    binomial(n, beta(size * mu[row], size * (1 - mu[row]))())(),
  );
  return { table: { ...table, clicks }, mu };
}
