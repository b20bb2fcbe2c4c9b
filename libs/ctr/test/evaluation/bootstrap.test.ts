import { Random, streams } from '@adscale/forest';
import { randomNormal, randomPoisson } from 'd3-random';
import { percentileInterval, resample } from '../../src/evaluation/bootstrap.js';

/** Standard deviation over replicates of the mean of `values`, by rows. */
function spreadOfMean(values: Float64Array, rows: Parameters<typeof resample>[0]): number {
  const { units, unitOf, draws } = resample(rows, { replicates: 400 });
  const sums = new Float64Array(units);
  const counts = new Float64Array(units);
  values.forEach((value, row) => {
    const times = rows.count?.[row] ?? 1;
    sums[unitOf[row]] += times * value;
    counts[unitOf[row]] += times;
  });
  const total = (list: Float64Array, times: Float64Array): number =>
    list.reduce((sum, value, unit) => sum + times[unit] * value, 0);
  const means = draws.map((times) => total(sums, times) / total(counts, times));
  const centre = means.reduce((sum, mean) => sum + mean, 0) / means.length;
  return Math.sqrt(means.reduce((sum, mean) => sum + (mean - centre) ** 2, 0) / means.length);
}

function coins(rows: number, share: number): Float64Array {
  const random = new Random(5, 0);
  return Float64Array.from({ length: rows }, () => +(random.below(1000) < 1000 * share));
}

describe('resampling', () => {
  const chance = (rows: number): number => Math.sqrt((0.3 * 0.7) / rows);

  it('spreads the mean of rows as chance does', () => {
    const observed = coins(1000, 0.3);
    expect(Math.abs(spreadOfMean(observed, { observed }) / chance(1000) - 1)).toBeLessThan(0.15);
  });

  it('says the same of many rows in blocks', () => {
    const observed = coins(40_000, 0.3);
    const { units } = resample({ observed }, { replicates: 1 });
    expect(units).toBeLessThan(40_000);
    expect(Math.abs(spreadOfMean(observed, { observed }) / chance(40_000) - 1)).toBeLessThan(0.15);
  });

  it.each([
    ['two rows that stand for many', 1],
    ['many that stand for a few', 100],
  ])('says the same of counted rows, %s', (_, pieces) => {
    const observed = Float64Array.from({ length: 2 * pieces }, (__, i) => i % 2);
    const count = observed.map((y) => (y === 1 ? 300 : 700) / pieces);
    const spread = spreadOfMean(observed, { observed, count });
    expect(Math.abs(spread / chance(1000) - 1)).toBeLessThan(0.15);
  });

  it('by groups is as wide as the groups are few', () => {
    const groupMean = coins(25, 0.3);
    const groups = Float64Array.from({ length: 1000 }, (_, row) => row % 25);
    const observed = groups.map((group) => groupMean[group]);
    const share = groupMean.reduce((sum, value) => sum + value, 0) / 25;
    const wanted = Math.sqrt((share * (1 - share)) / 25);
    expect(Math.abs(spreadOfMean(observed, { observed, groups }) / wanted - 1)).toBeLessThan(0.15);
  });

  it('draws counts as the Poisson and normal samplers do, number by number', () => {
    const count = Float64Array.from({ length: 1200 }, (_, i) => 1 + ((i * 7) % 240) / 2);
    const random = new Random(9, streams.bootstrap);
    const uniform = (): number => (random.uint32() + 0.5) * 2 ** -32;
    const [poisson, normal] = [randomPoisson.source(uniform), randomNormal.source(uniform)()];
    const wanted = [0, 1].map(() =>
      count.map((c) => (c < 100 ? poisson(c)() : Math.round(c + Math.sqrt(c) * normal())) / c),
    );
    const { draws } = resample({ observed: count, count }, { seed: 9, replicates: 2 });
    expect(draws).toEqual(wanted);
  });

  it('depends on the seed alone', () => {
    const observed = coins(50, 0.5);
    const draw = (seed: number) => resample({ observed }, { seed, replicates: 3 }).draws;
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
  });
});

describe('a percentile interval', () => {
  it('leaves as much out on either side', () => {
    const values = Array.from({ length: 101 }, (_, i) => (i * 37) % 101);
    const [low, high] = percentileInterval(values, 0.9)!;
    expect(low).toBeCloseTo(5, 9);
    expect(high).toBeCloseTo(95, 9);
  });

  it('is not told if a replicate is not a number, or there is none', () => {
    expect(percentileInterval([1, NaN], 0.9)).toBeNull();
    expect(percentileInterval([], 0.9)).toBeNull();
  });
});
