/*
 * The bootstrap (Efron 1979) for metrics that are functions of sums over rows. Rows are added up
 * once into units; a replicate then weighs units instead of rows:
 *
 *   rows       r r r r r r r r …     contributions, one a row and sum
 *   units      |  u  |  u  |  u  …   their sums
 *   replicate     2     0     1  …   how often each unit was drawn
 *
 * What a unit is:
 *   a row      by default
 *   a group    where rows of a group depend on each other (the cluster bootstrap)
 *   a block    of rows dealt out by chance where there are more rows than UNITS: sums of equally
 *              many independent rows are independent, so that the cost does not grow with rows
 *   a counted row, which stands for `count` rows: it was drawn Poisson(count) times of `count`
 */
import { Random, streams } from '@adscale/forest';
import { randomNormal, randomPoisson } from 'd3-random';
import { shuffle } from '../table/split.js';
import type { ObservedRows } from './judged-rows.js';

export interface BootstrapOptions {
  /** Share of replicates within an interval, in (0, 1). Default 0.95. */
  readonly level?: number;
  /** How many replicates; 0: no intervals. Default 200. */
  readonly replicates?: number;
  /** Any safe integer. Default 42. */
  readonly seed?: number;
}

/** Where the middle `level` of the replicates lie; null if some replicate has no such metric. */
export type MetricInterval = readonly [low: number, high: number] | null;

/** How rows are resampled: all that is judged on these rows uses the same replicates. */
export interface Resampling {
  readonly level: number;
  readonly units: number;
  /** The unit of each row. */
  readonly unitOf: Uint32Array;
  /** By replicate: how often each unit was drawn (over how often it could be, if it is counted). */
  readonly draws: readonly Float64Array[];
}

/** Blocks that many rows are dealt into. */
const UNITS = 8192;
/** Counted rows times replicates: beyond, there are fewer replicates. */
const MAX_COUNTED_DRAWS = 10_000_000;
const FEWEST_REPLICATES = 50;
/** Counts from here on are drawn from the normal distribution, which is quicker: its skew is below 0.1. */
const NORMAL_FROM = 100;
/** Counts up to here are drawn by a product of uniform numbers. */
const PRODUCT_TO = 16;

export function resample(
  rows: Pick<ObservedRows, 'observed' | 'count' | 'observedCount' | 'groups'>,
  { level = 0.95, replicates = 200, seed = 42 }: BootstrapOptions = {},
): Resampling {
  const random = new Random(seed, streams.bootstrap);
  const { observed, groups } = rows;
  // Chance has drawn what was observed, however many that stands for.
  const count = rows.observedCount ?? rows.count;
  if (groups !== undefined) {
    const { units, unitOf } = unitsOfGroups(groups);
    return { level, units, unitOf, draws: drawUnits(units, replicates, random) };
  }
  const { length } = observed;
  if (count !== undefined) {
    const affordable = Math.max(FEWEST_REPLICATES, Math.floor(MAX_COUNTED_DRAWS / length));
    const draws = drawCounts(count, Math.min(replicates, affordable), random);
    return { level, units: length, unitOf: Uint32Array.from(observed.keys()), draws };
  }
  const { units, unitOf } = dealBlocks(length, random);
  return { level, units, unitOf, draws: drawUnits(units, replicates, random) };
}

function unitsOfGroups(groups: Float64Array): { units: number; unitOf: Uint32Array } {
  const numbers = new Map<number, number>();
  const unitOf = Uint32Array.from(groups, (group) => {
    const number = numbers.get(group) ?? numbers.size;
    numbers.set(group, number);
    return number;
  });
  return { units: numbers.size, unitOf };
}

/** Every row a unit, or blocks that differ by at most one row. */
function dealBlocks(rows: number, random: Random): { units: number; unitOf: Uint32Array } {
  const unitOf = Uint32Array.from({ length: rows }, (_, row) => row % UNITS);
  if (rows > UNITS) shuffle(unitOf, random);
  return { units: Math.min(rows, UNITS), unitOf };
}

function drawUnits(units: number, replicates: number, random: Random): Float64Array[] {
  return Array.from({ length: replicates }, () => {
    const draws = new Float64Array(units);
    for (let i = 0; i < units; i++) draws[random.below(units)]++;
    return draws;
  });
}

function drawCounts(count: Float64Array, replicates: number, random: Random): Float64Array[] {
  const uniform = (): number => (random.uint32() + 0.5) * 2 ** -32;
  const poisson = randomPoisson.source(uniform);
  const normal = randomNormal.source(uniform)();
  const draw = (c: number): number => {
    if (c <= PRODUCT_TO) return drawSmall(c, uniform);
    return c < NORMAL_FROM ? poisson(c)() : Math.max(0, Math.round(c + Math.sqrt(c) * normal()));
  };
  return Array.from({ length: replicates }, () => count.map((c) => draw(c) / c));
}

/** The chance that nothing is drawn, by whole mean. */
const NONE_DRAWN = Float64Array.from({ length: PRODUCT_TO + 1 }, (_, c) => Math.exp(-c));

/**
 * A Poisson number: how many uniform numbers can be multiplied before the product falls below
 * e^−mean (Knuth 1998, 3.4.1). `randomPoisson` adds their logarithms, which takes several times as
 * long and draws the same numbers.
 */
function drawSmall(mean: number, uniform: () => number): number {
  const least = NONE_DRAWN[mean] ?? Math.exp(-mean);
  let drawn = 0;
  for (let product = 1 - uniform(); product >= least; product *= 1 - uniform()) drawn++;
  return drawn;
}

/** The percentile interval of a metric's replicates. */
export function percentileInterval(replicates: readonly number[], level: number): MetricInterval {
  if (replicates.length === 0 || !replicates.every(Number.isFinite)) return null;
  const sorted = Float64Array.from(replicates).sort();
  return [quantile(sorted, (1 - level) / 2), quantile(sorted, (1 + level) / 2)];
}

/** Linear between the two nearest of ascending values. */
function quantile(sorted: Float64Array, share: number): number {
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  const above = Math.min(sorted.length - 1, below + 1);
  return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
}
