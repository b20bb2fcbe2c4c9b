import { readBackground, type Background, type BackgroundRows } from './background.js';
import { codeOfNumber } from '../data/binning.js';
import { CellSpace } from '../serve/cells.js';
import { ForestError } from '../errors.js';
import type { Forest } from '../model/forest.js';
import { RowEncoder, type CategoricalFeature, type Feature } from '../data/schema.js';

/** Points of a curve: numbers, or the words of a categorical feature. */
export type Grid = Float64Array | readonly string[];

/** How the prediction moves with one feature; predictions in the target's unit. */
export interface Dependence {
  readonly feature: string;
  readonly grid: Grid;
  /** By grid point: the (weighted) mean prediction over the background. */
  readonly mean: Float64Array;
  /** By background row, if asked for: its predictions at the grid points. */
  readonly curves?: readonly Float64Array[];
}

export interface DependenceOptions {
  /** Points to ask for, in any order: numbers (NaN is missing) or categories. */
  readonly grid?: ArrayLike<number> | readonly string[];
  /** Most points of a numeric grid that is not given, ≥ 2. Default 256. */
  readonly maxPoints?: number;
  /** How much each background row counts in the mean, ≥ 0. Default: all alike. */
  readonly weight?: ArrayLike<number>;
  /** Also give one curve a background row (ICE). Default false. */
  readonly curves?: boolean;
}

/**
 * Partial dependence (Friedman 2001): the mean prediction over a background sample when one
 * feature is set to each point of a grid in turn; with `curves`, also each row's own curve, its
 * individual conditional expectation (ICE; Goldstein et al. 2015), which shows what the mean hides
 * when rows answer in opposite ways.
 *
 * A forest is a step function. Without `grid`, a numeric feature gets one point in each interval
 * between the cuts that the trees use, so that every step is seen once, or `maxPoints` of them
 * evenly chosen if there are more; a categorical one gets every category.
 *
 * Known bias: rows are asked about with values they may never have with their other features, so
 * with correlated features the curve shows extrapolation (Hooker et al. 2021).
 * @param background rows to average over, in schema order
 * @throws ForestError FEATURE_INVALID, BACKGROUND_INVALID, OPTION_INVALID
 */
export function partialDependence(
  forest: Forest,
  feature: string,
  background: BackgroundRows,
  { grid, maxPoints = 256, weight, curves = false }: DependenceOptions = {},
): Dependence {
  const f = forest.schema.features.findIndex(({ name }) => name === feature);
  if (f < 0) {
    const known = forest.schema.features.map(({ name }) => name).join(', ');
    throw new ForestError('FEATURE_INVALID', `it has no feature ${feature}, but ${known}`);
  }
  const sample = readBackground(forest.schema, background, weight);
  const points = grid === undefined ? defaultGrid(forest, f, sample, maxPoints) : copyGrid(grid);
  const numbers = numbersOf(forest, f, points);
  const compiled = forest.compile();
  const mean = new Float64Array(numbers.length);
  const kept: Float64Array[] = [];
  const width = forest.bins.length;
  const rows = new Float64Array(numbers.length * width);
  for (let i = 0; i < sample.rows; i++) {
    const row = rowOf(sample, i);
    numbers.forEach((x, k) => {
      rows.set(row, k * width);
      rows[k * width + f] = x;
    });
    const curve = compiled.predictBatch(rows, new Float64Array(numbers.length));
    for (let k = 0; k < mean.length; k++) mean[k] += sample.weight[i] * curve[k];
    if (curves) kept.push(curve);
  }
  return { feature, grid: points, mean, ...(curves ? { curves: kept } : {}) };
}

function rowOf({ rows, values }: Background, i: number): Float64Array {
  const width = values.length / rows;
  return values.slice(i * width, (i + 1) * width);
}

function copyGrid(grid: ArrayLike<number> | readonly string[]): Grid {
  const points = Array.from<unknown>(grid);
  const isWords = points.length > 0 && points.every((point) => typeof point === 'string');
  if (isWords) return points;
  if (points.length > 0 && points.every((point) => typeof point === 'number')) {
    return Float64Array.from(points);
  }
  throw new ForestError('OPTION_INVALID', 'grid is empty or mixed, wanted numbers or categories');
}

/** The numbers that stand for the points in a row. */
function numbersOf(forest: Forest, f: number, points: Grid): Float64Array {
  const feature = forest.schema.features[f];
  if (points instanceof Float64Array) {
    if (feature.kind !== 'categorical') return points;
    throw new ForestError('OPTION_INVALID', `grid holds numbers, ${feature.name} wants categories`);
  }
  const encoder = new RowEncoder(forest.schema);
  return Float64Array.from(points, (word) => {
    const place = encoder.encodeValue(f, word);
    if (!Number.isNaN(place)) return place;
    const wanted = (feature as CategoricalFeature).categories?.join(', ') ?? 'numbers';
    throw new ForestError('OPTION_INVALID', `grid holds ${word}, ${feature.name} wants ${wanted}`);
  });
}

function defaultGrid(forest: Forest, f: number, sample: Background, maxPoints: number): Grid {
  const feature = forest.schema.features[f];
  if (feature.kind === 'categorical') return [...feature.categories];
  if (!Number.isSafeInteger(maxPoints) || maxPoints < 2) {
    throw new ForestError('OPTION_INVALID', `maxPoints is ${maxPoints}, wanted a number ≥ 2`);
  }
  const { cuts } = CellSpace.of(forest.bins, forest.trees).bins[f];
  const seen = sample.values.filter((x, at) => at % forest.bins.length === f && Number.isFinite(x));
  const points = stepPoints(feature, cuts, seen.sort());
  if (points.length <= maxPoints) return points;
  const last = points.length - 1;
  return Float64Array.from(
    { length: maxPoints },
    (_, k) => points[Math.round((k * last) / (maxPoints - 1))],
  );
}

/**
 * One point a step of a numeric feature. Between two cuts it is their middle, whole for an integer
 * feature if a whole number lies there; beyond the outer cuts it is the outermost value seen
 * there, or the nearest place if none was.
 */
function stepPoints(feature: Feature, cuts: Float64Array, seen: Float64Array): Float64Array {
  const whole = feature.kind === 'integer';
  if (cuts.length === 0) return Float64Array.of(seen.length > 0 ? seen[seen.length >> 1] : 0);
  const points = new Float64Array(cuts.length + 1);
  for (let k = 1; k < cuts.length; k++) {
    const middle = cuts[k - 1] / 2 + cuts[k] / 2;
    const rounded = Math.round(middle);
    points[k] = whole && codeOfNumber(cuts, rounded) === k ? rounded : middle;
  }
  const lowest = cuts[0];
  const highest = cuts[cuts.length - 1];
  points[0] = seen[0] <= lowest ? seen[0] : whole ? Math.floor(lowest) : lowest;
  const top = seen[seen.length - 1];
  points[cuts.length] = top > highest ? top : whole ? Math.floor(highest) + 1 : above(highest);
  return points;
}

/** A number a little above `x`. */
function above(x: number): number {
  return x + Math.max(Math.abs(x), Number.MIN_VALUE / Number.EPSILON) * 2 * Number.EPSILON;
}
