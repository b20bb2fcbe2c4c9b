import { drawBag } from './bagging.js';
import { learnBins, packRows } from './binning.js';
import { calibrated, fitIsotonic } from './calibration.js';
import { checkColumns, type Columns } from './columns.js';
import { ForestError } from './errors.js';
import { Forest } from './forest.js';
import { TreeGrower } from './grower.js';
import { groupRows, orderValues, type Allocate, type TrainingSet } from './grouping.js';
import { fitIntervals } from './intervals.js';
import { r2 } from './metrics.js';
import { OutOfBag, type OutOfBagSums } from './out-of-bag.js';
import { resolveParameters, type FitOptions, type FitParameters } from './parameters.js';
import { Random } from './random.js';
import type { Schema } from './schema.js';
import type { Tree } from './tree.js';

/** What to fit: one target and, if rows do not count alike, one weight a row. */
export interface FitInput {
  readonly columns: Columns;
  readonly target: Float64Array;
  readonly weight?: Float64Array;
}

/** What the trees say of rows they did not see. */
export interface OutOfBagResult {
  /**
   * One a training row, in order; NaN where every tree saw the row. Empty, like the variances, and
   * the metrics NaN, if the fit was told not to look.
   */
  readonly predictions: Float64Array;
  /** Variance, at each row, of the trees that did not see it. */
  readonly variances: Float64Array;
  /** Share of variance explained over rows with a prediction, every row counting 1. */
  readonly r2: number;
  /** The same, rows counting their weight. */
  readonly weightedR2: number;
}

/** A forest with what its fit learned about itself. */
export interface FitResult {
  readonly forest: Forest;
  readonly outOfBag: OutOfBagResult;
  /** What `growMore` continues from. */
  readonly sums: OutOfBagSums;
}

/** Everything the trees are grown from; shared by all threads. */
export interface PreparedFit {
  readonly schema: Schema;
  readonly parameters: FitParameters;
  readonly set: TrainingSet;
}

/**
 * Checks the input, bins it and groups equal rows.
 * @throws ForestError COLUMNS_INVALID or OPTION_INVALID
 */
export function prepareFit(
  { columns, target, weight }: FitInput,
  options: FitOptions = {},
  allocate: Allocate = (bytes) => new ArrayBuffer(bytes),
): PreparedFit {
  checkColumns(columns);
  const parameters = resolveParameters(columns.schema, options);
  checkNumbers('target', target, columns.rows, parameters.criterion === 'poisson');
  if (weight !== undefined) checkNumbers('weight', weight, columns.rows, true);
  if (parameters.noise === 'binomial') checkRates(target, weight);
  const bins = learnBins(columns, parameters.maxBins, parameters.seed);
  const { packed, starts, order } = groupRows(packRows(columns, bins), allocate);
  // Property by property: objects made by spreading get a hidden class each, and the hot code
  // that reads them would be compiled anew for every fit.
  const set = {
    packed,
    starts,
    order,
    bins,
    target: orderValues(target, order, allocate),
    weight: weight === undefined ? null : orderValues(weight, order, allocate),
  };
  return { schema: columns.schema, parameters, set };
}

function checkNumbers(name: string, values: Float64Array, rows: number, positive: boolean): void {
  if (values.length !== rows) {
    throw new ForestError('COLUMNS_INVALID', `${name} has ${values.length} rows, wanted ${rows}`);
  }
  let total = 0;
  for (let i = 0; i < rows; i++) {
    total += values[i];
    if (Number.isFinite(values[i]) && (!positive || values[i] >= 0)) continue;
    throw new ForestError(
      'COLUMNS_INVALID',
      `${name} of row ${i} is ${values[i]}, wanted a finite number${positive ? ' ≥ 0' : ''}`,
    );
  }
  if (name === 'weight' && !(total > 0)) {
    throw new ForestError('COLUMNS_INVALID', 'every weight is 0, wanted some above');
  }
}

function checkRates(target: Float64Array, weight: Float64Array | undefined): void {
  if (weight === undefined) {
    throw new ForestError(
      'COLUMNS_INVALID',
      'binomial noise wants weights, the counts of the rates',
    );
  }
  const row = target.findIndex((rate) => rate < 0 || rate > 1);
  if (row >= 0) {
    throw new ForestError(
      'COLUMNS_INVALID',
      `target of row ${row} is ${target[row]}, wanted a rate from 0 to 1 under binomial noise`,
    );
  }
}

/** Sums for every position, or none if the fit does not want them. */
export function startOutOfBag({ set, parameters }: PreparedFit): OutOfBag {
  return new OutOfBag(set, parameters.outOfBag ? set.order.length : 0);
}

/** Grows single trees of a fit, in any order: tree `t` is the same whoever grows it. */
export class TreeFactory {
  private readonly grower: TreeGrower;
  private readonly bag: Uint16Array;

  readonly outOfBag: OutOfBag;

  constructor(private readonly fit: PreparedFit) {
    this.outOfBag = startOutOfBag(fit);
    this.grower = new TreeGrower(fit.set, fit.parameters);
    this.bag = new Uint16Array(fit.set.order.length);
  }

  /** Grows tree `t` and adds it to the out-of-bag sums. */
  grow(t: number): Tree {
    const { parameters } = this.fit;
    const random = new Random(parameters.seed, t);
    const distinct = drawBag(this.bag, parameters, random);
    const tree = this.grower.grow(this.bag, distinct, random);
    if (parameters.outOfBag && distinct < this.bag.length) this.outOfBag.add(tree, this.bag);
    return tree;
  }
}

/** Puts grown trees and their out-of-bag sums together. */
export function finishFit(fit: PreparedFit, trees: readonly Tree[], oob: OutOfBag): FitResult {
  const { schema, parameters, set } = fit;
  const { order, target, weight } = set;
  const { sums, coarse, squares, counts } = oob;
  const rest = { sums, coarse, squares, counts };
  if (!parameters.outOfBag) {
    const none = new Float64Array(0);
    const outOfBag = { predictions: none, variances: none, r2: NaN, weightedR2: NaN };
    return { forest: new Forest(schema, parameters, set.bins, trees), outOfBag, sums: rest };
  }
  const byPosition = { predictions: oob.predictions(), variances: oob.variances() };
  const intervals = fitIntervals({ ...byPosition, target, weight }, parameters.noise);
  return {
    forest: new Forest(schema, parameters, set.bins, trees, null, intervals),
    outOfBag: {
      predictions: byRow(byPosition.predictions, order),
      variances: byRow(byPosition.variances, order),
      ...judge(byPosition.predictions, target, weight),
    },
    sums: rest,
  };
}

function byRow(byPosition: Float64Array, order: Uint32Array): Float64Array {
  const rows = new Float64Array(order.length);
  order.forEach((row, position) => (rows[row] = byPosition[position]));
  return rows;
}

function judge(
  predictions: Float64Array,
  target: Float64Array,
  weight: Float64Array | null,
): { r2: number; weightedR2: number } {
  const isTold = (_: number, row: number): boolean => !Number.isNaN(predictions[row]);
  const observed = target.filter(isTold);
  const predicted = predictions.filter(isTold);
  return {
    r2: r2(observed, predicted),
    weightedR2: r2(observed, predicted, weight?.filter(isTold)),
  };
}

/**
 * Calibrates a fitted forest: weighted isotonic regression of the target on the out-of-bag
 * predictions. Metrics, intervals and predictions of the result are those after calibration.
 * @param input what the forest was fitted to
 * @throws ForestError NO_INTERVALS if no row was out of bag
 */
export function calibrate(
  { target, weight = null }: Pick<FitInput, 'target'> & { weight?: Float64Array | null },
  result: FitResult,
): FitResult {
  const { forest, outOfBag, sums } = result;
  const calibration = fitIsotonic(outOfBag.predictions, target, weight);
  if (calibration === null) {
    throw new ForestError('NO_INTERVALS', 'no row was out of bag; fit with bootstrap');
  }
  const predictions = outOfBag.predictions.map((p) => (p === p ? calibrated(calibration, p) : p));
  const { variances } = outOfBag;
  const { schema, parameters, bins, trees } = forest;
  const intervals = fitIntervals({ predictions, variances, target, weight }, parameters.noise);
  return {
    forest: new Forest(schema, parameters, bins, trees, calibration, intervals),
    outOfBag: { predictions, variances, ...judge(predictions, target, weight) },
    sums,
  };
}

/**
 * Fits a forest on this thread: bagged, weighted, binned CART (Breiman 2001).
 * `@adscale/forest/node` does the same on many threads, with the same bytes.
 * @param onTree called after each tree with the number done
 * @throws ForestError COLUMNS_INVALID, OPTION_INVALID
 */
export function fit(
  input: FitInput,
  options: FitOptions = {},
  onTree: (done: number) => void = () => {},
): FitResult {
  return growFrom(prepareFit(input, options), [], null, onTree);
}

/**
 * Adds `more` trees to a fit: the same streams go on, so 60 trees and 40 more are the 100 trees
 * of one fit, byte for byte.
 * @param input what the first trees were fitted to
 * @param more number of trees to add, ≥ 1
 * @throws ForestError COLUMNS_INVALID if the input is not what the first trees saw
 */
export function growMore(
  input: FitInput,
  { forest, sums }: FitResult,
  more: number,
  onTree: (done: number) => void = () => {},
): FitResult {
  const prepared = prepareFit(input, continued(forest, more));
  checkSameInput(prepared, forest, sums);
  return growFrom(prepared, forest.trees, sums, onTree);
}

/** The options of a fit that goes on: its own parameters with more trees. */
function continued({ schema, parameters, trees }: Forest, more: number): FitOptions {
  if (!Number.isInteger(more) || more < 1) {
    throw new ForestError('OPTION_INVALID', `more is ${more}, wanted a whole number ≥ 1`);
  }
  const { monotone, maxLeaves, ...rest } = parameters;
  const signs = schema.features.map(({ name }, f) => [name, monotone[f]] as const);
  return {
    ...rest,
    trees: trees.length + more,
    ...(maxLeaves > 0 && { maxLeaves }),
    monotone: Object.fromEntries(signs.filter(([, sign]) => sign !== 0)) as FitOptions['monotone'],
  };
}

function checkSameInput({ set }: PreparedFit, forest: Forest, sums: OutOfBagSums): void {
  const same =
    sums.counts.length === (forest.parameters.outOfBag ? set.order.length : 0) &&
    set.bins.every(({ bins, cuts }, f) => {
      const before = forest.bins[f];
      return bins === before.bins && cuts.every((cut, i) => cut === before.cuts[i]);
    });
  if (!same) throw new ForestError('COLUMNS_INVALID', 'these are not the rows of the first trees');
}

function growFrom(
  prepared: PreparedFit,
  first: readonly Tree[],
  sums: OutOfBagSums | null,
  onTree: (done: number) => void,
): FitResult {
  const factory = new TreeFactory(prepared);
  if (sums !== null) factory.outOfBag.merge(sums);
  const trees = [...first];
  while (trees.length < prepared.parameters.trees) {
    trees.push(factory.grow(trees.length));
    onTree(trees.length);
  }
  return finishFit(prepared, trees, factory.outOfBag);
}
