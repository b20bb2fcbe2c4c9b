import { Random } from '@adscale/forest';
import { randomBeta, randomBinomial } from 'd3-random';
import { evaluatePredictions, rhoBySize, takeTable, type CtrTable } from '../../src/index.js';
import { placements } from '../data.js';

/** Placements whose rows have CTRs of their own around a known one, with intra-row correlation ρ. */
function drawn(
  rows: number,
  rho: number,
  { seed = 1, impressions }: { seed?: number; impressions?: (row: number) => number } = {},
): CtrTable & { trueCtr: Float64Array } {
  const table = placements(rows, seed);
  const random = new Random(seed, 7);
  const uniform = (): number => (random.uint32() + 0.5) * 2 ** -32;
  const beta = randomBeta.source(uniform);
  const binomial = randomBinomial.source(uniform) as unknown as (
    n: number,
    p: number,
  ) => () => number;
  const shown = table.impressions.map((n, row) => impressions?.(row) ?? n);
  const size = 1 / rho - 1;
  const clicks = shown.map((n, row) => {
    const mu = table.trueCtr[row];
    return binomial(n, rho === 0 ? mu : beta(size * mu, size * (1 - mu))())();
  });
  return { ...table, impressions: shown, clicks };
}

const judge = (table: CtrTable & { trueCtr: Float64Array }, options = {}) =>
  evaluatePredictions(table.trueCtr, table, { replicates: 0, ...options }).overdispersion!;

describe('the overdispersion of clicks around their predictions', () => {
  it.each([0.0005, 0.005, 0.05])('of intra-row correlation %d is found again', (rho) => {
    const told = judge(drawn(3000, rho, { seed: 3 }));
    expect(told.rows).toBe(3000);
    expect(Math.abs(told.rho / rho - 1)).toBeLessThan(0.1);
    expect(told.interval[0]).toBeLessThan(rho);
    expect(told.interval[1]).toBeGreaterThan(rho);
    expect(told.interval[1] / told.interval[0]).toBeLessThan(1.5);
  });

  it('holds the truth in about 95 of 100 tables', () => {
    let held = 0;
    for (let seed = 1; seed <= 100; seed++) {
      const [low, high] = judge(drawn(200, 0.004, { seed })).interval;
      held += +(low <= 0.004 && 0.004 <= high);
    }
    expect(held).toBeGreaterThanOrEqual(87);
  });

  it('of binomial clicks is 0 as far as can be told, 19 times in 20', () => {
    let found = 0;
    for (let seed = 1; seed <= 60; seed++) {
      const { rho, interval, dispersion } = judge(drawn(300, 0, { seed }));
      expect(rho).toBeLessThan(1e-4);
      expect(Math.abs(dispersion - 1)).toBeLessThan(0.4);
      found += +(interval[0] > 0);
    }
    expect(found).toBeLessThanOrEqual(5);
  });

  it('is told by size of row, alike where it is the same for all', () => {
    const impressions = (row: number): number => 100 * 3 ** (row % 5);
    const { by_size: sizes } = judge(drawn(5000, 0.01, { impressions }));
    expect(sizes.map(({ from, to, rows }) => [from, to, rows])).toEqual(
      [100, 300, 900, 2700, 8100].map((n) => [n, n, 1000]),
    );
    for (const { rho } of sizes) expect(Math.abs(rho / 0.01 - 1)).toBeLessThan(0.35);
    expect(sizes[4].dispersion).toBeGreaterThan(20 * sizes[0].dispersion);
  });

  it('of small rows is taken by itself where it is another than that of large ones', () => {
    const impressions = (row: number): number => (row % 2 === 0 ? 500 : 20_000);
    const [small, large] = [0.05, 0.001].map((rho) => drawn(2000, rho, { seed: 8, impressions }));
    const clicks = small.clicks.map((k, row) => (row % 2 === 0 ? k : large.clicks[row]));
    const { trueCtr, ...unlike } = { ...small, clicks };
    const told = evaluatePredictions(trueCtr, unlike, { replicates: 0 });
    const rhoOf = rhoBySize(told.overdispersion!);
    expect(Math.abs(rhoOf(500) / 0.05 - 1)).toBeLessThan(0.3);
    expect(Math.abs(rhoOf(20_000) / 0.001 - 1)).toBeLessThan(0.3);
    expect(rhoOf(1)).toBe(rhoOf(500));
    expect(rhoOf(1e9)).toBe(rhoOf(20_000));
    const { weighted_noise_ceiling: ceiling } = told.overdispersion!;
    expect(Math.abs(ceiling! - told.observed.weighted_r2)).toBeLessThan(0.05);
    const alike = rhoBySize({ rho: 0.02, by_size: [] });
    expect(alike(7)).toBe(0.02);
  });

  it('is no other where one row has half of all impressions, however far off that is', () => {
    const table = drawn(1000, 0.005, { seed: 3 });
    const alone = judge(table);
    const total = table.impressions.reduce((sum, n) => sum + n, 0);
    const impressions = table.impressions.slice();
    const clicks = table.clicks.slice();
    impressions[0] = total;
    clicks[0] = Math.round(total * 3 * table.trueCtr[0]);
    const beside = judge({ ...table, impressions, clicks });
    expect(Math.abs(beside.rho / alone.rho - 1)).toBeLessThan(0.08);
    expect(beside.interval[0]).toBeGreaterThan(0.8 * alone.interval[0]);
    expect(beside.interval[1]).toBeLessThan(1.2 * alone.interval[1]);
  });

  it('is nothing that one row alone can show', () => {
    const table = drawn(400, 0, { seed: 5 });
    const clicks = table.clicks.slice();
    clicks[0] = Math.round(2 * table.impressions[0] * table.trueCtr[0]);
    expect(judge({ ...table, clicks }).interval[0]).toBe(0);
  });

  it('gives the ceiling that the true CTR of the inputs reaches, far below the binomial one', () => {
    const table = drawn(4000, 0.01, { seed: 9 });
    const { trueCtr, ...unknown } = table;
    const told = evaluatePredictions(trueCtr, unknown, { replicates: 0 });
    const { noise_ceiling: plain, weighted_noise_ceiling: weighted } = told.overdispersion!;
    expect(Math.abs(plain! - told.observed.r2)).toBeLessThan(0.05);
    expect(Math.abs(weighted! - told.observed.weighted_r2)).toBeLessThan(0.05);
    expect(told.noise_ceiling_estimate).toBeGreaterThan(plain! + 0.2);
  });

  it('changes no ceiling where it is 0', () => {
    const { trueCtr, ...unknown } = drawn(2000, 0, { seed: 2 });
    const told = evaluatePredictions(trueCtr, unknown, { replicates: 0 });
    expect(told.overdispersion!.noise_ceiling).toBeCloseTo(told.noise_ceiling_estimate!, 2);
  });

  it('absorbs what a model misses: a worse one has a larger ρ', () => {
    const table = drawn(1000, 0.002, { seed: 4 });
    const flat = table.trueCtr.map((ctr) => 0.5 * ctr + 0.015);
    const worse = evaluatePredictions(flat, table, { replicates: 0 }).overdispersion!;
    expect(worse.rho).toBeGreaterThan(2 * judge(table).rho);
  });

  it('is less sure where rows of a group err together', () => {
    const table = drawn(1000, 0.005, { seed: 6 });
    // Rows of a group have the same clicks: there are only a fifth as many that tell.
    const rows = Array.from({ length: 1000 }, (_, row) => row % 200);
    const repeated = takeTable(table, rows) as typeof table;
    const width = ([low, high]: readonly [number, number]): number => high - low;
    const groups = Float64Array.from(rows);
    expect(width(judge(repeated, { groups }).interval)).toBeGreaterThan(
      1.8 * width(judge(repeated).interval),
    );
  });

  it.each(['rows of one impression', 'a grouped click log', 'few rows'])(
    'of %s tells nothing',
    (what) => {
      const table = placements(what === 'few rows' ? 19 : 200);
      const one = {
        ...table,
        impressions: table.impressions.map(() => 1),
        clicks: table.clicks.map((k) => +(k > 500)),
      };
      const { trueCtr: _, ...log } = { ...table, grouped: true };
      const judged = {
        'rows of one impression': one,
        'a grouped click log': log,
        'few rows': table,
      }[what]!;
      expect(judge({ ...judged, trueCtr: table.trueCtr } as typeof table)).toBeNull();
    },
  );
});
