import { RowBag, type Bag } from './grow/bagging.js';
import { learnBins, packRows } from './data/binning.js';
import { calibrated, fitIsotonic } from './judge/calibration.js';
import { checkColumns } from './data/columns.js';
import { CountedBag } from './grow/counted-bagging.js';
import { ForestError } from './errors.js';
import { checkInput, fullWeight, type FitInput } from './data/fit-input.js';
import { Forest } from './model/forest.js';
import { TreeGrower } from './grow/grower.js';
import { groupRows, orderValues, type Allocate, type TrainingSet } from './data/grouping.js';
import { fitIntervals } from './judge/intervals.js';
import { judge, type OutOfBagResult } from './judge/judging.js';
import { emptySums, OutOfBag, type OutOfBagSums } from './judge/out-of-bag.js';
import { resolveParameters, type FitOptions, type FitParameters } from './data/parameters.js';
import { Random, streams } from './random.js';
import { differenceOf, type Schema } from './data/schema.js';
import { atOnce, type Steps } from './steps.js';
import type { Tree } from './trees/tree.js';

/** A forest, and how well it predicts rows that its trees did not see. */
export interface FitResult {
  readonly forest: Forest;
  readonly outOfBag: OutOfBagResult;
  /** What `growMore` continues from. */
  readonly sums: OutOfBagSums;
}

/** Everything that trees are grown from; all threads share it. */
export interface PreparedFit {
  readonly schema: Schema;
  readonly parameters: FitParameters;
  readonly set: TrainingSet;
}

/**
 * Checks the input, bins it and groups equal rows, in steps.
 * @throws ForestError COLUMNS_INVALID or OPTION_INVALID
 */
export function* prepareFit(
  input: FitInput,
  options: FitOptions = {},
  allocate: Allocate = (bytes) => new ArrayBuffer(bytes),
): Steps<PreparedFit> {
  const { columns, target, weight } = input;
  const parameters = resolveParameters(checkColumns(columns).schema, options);
  yield* checkInput(input, parameters);
  const count = countsOf(input);
  const bins = yield* learnBins(columns, parameters.maxBins, parameters.seed, count);
  const rows = yield* packRows(columns, bins, parameters.minLeafRows);
  const { packed, starts, order } = yield* groupRows(rows, allocate);
  const ordered = (values: ArrayLike<number>): Steps<Float64Array> =>
    orderValues(values, order, allocate);
  // Property by property: objects made by spreading get a hidden class each, and the hot code
  // that reads them would be compiled anew for every fit.
  const set = {
    packed,
    starts,
    order,
    bins,
    target: yield* ordered(target),
    weight: weight === undefined ? null : yield* ordered(weight),
    count: count === null ? null : yield* ordered(count),
  };
  return { schema: columns.schema, parameters, set };
}

/** The counts, or null if all are 1: such a fit is the fit without counts, byte for byte. */
function countsOf({ count, columns }: FitInput): ArrayLike<number> | null {
  if (count === undefined) return null;
  for (let row = 0; row < columns.rows; row++) if (count[row] > 1) return count;
  return null;
}

/** Out-of-bag sums of zeros for every position, or of no position if the fit wants none. */
export function startOutOfBag({ set, parameters }: PreparedFit): OutOfBag {
  return new OutOfBag(
    set,
    emptySums(parameters.outOfBag ? set.order.length : 0, set.count !== null),
  );
}

/** Grows single trees of a fit, in any order: tree `t` depends on the fit and on `t` alone. */
export class TreeFactory {
  private readonly grower: TreeGrower;
  private readonly bag: Bag;

  readonly outOfBag: OutOfBag;

  constructor(private readonly fit: PreparedFit) {
    this.outOfBag = startOutOfBag(fit);
    this.grower = new TreeGrower(fit.set, fit.parameters);
    const { count, order } = fit.set;
    this.bag = count === null ? new RowBag(order.length) : new CountedBag(count);
  }

  /** Grows tree `t` and adds it to the out-of-bag sums. */
  grow(t: number): Tree {
    const { parameters } = this.fit;
    const random = new Random(parameters.seed, streams.treesFrom + t);
    const distinct = this.bag.draw(parameters, random);
    const tree = this.grower.grow(this.bag, distinct, random);
    if (parameters.outOfBag) this.outOfBag.add(tree, this.bag);
    return tree;
  }
}

/** Makes the forest, its intervals and its out-of-bag result of grown trees. */
export function finishFit(fit: PreparedFit, trees: readonly Tree[], oob: OutOfBag): FitResult {
  const { schema, parameters, set } = fit;
  const { order, target, weight, count } = set;
  const { sums, coarse, squares, counts, counted } = oob;
  const rest = { sums, coarse, squares, counts, counted };
  if (!parameters.outOfBag) {
    const none = new Float64Array(0);
    const outOfBag = { predictions: none, variances: none, r2: NaN, weightedR2: NaN };
    return { forest: new Forest(schema, parameters, set.bins, trees), outOfBag, sums: rest };
  }
  const byPosition = { predictions: oob.predictions(), variances: oob.variances() };
  const judged = { ...byPosition, target, weight, count };
  const intervals = fitIntervals(judged, parameters.noise);
  return {
    forest: new Forest(schema, parameters, set.bins, trees, null, intervals),
    outOfBag: {
      predictions: byRow(byPosition.predictions, order),
      variances: byRow(byPosition.variances, order),
      ...judge(judged, parameters),
    },
    sums: rest,
  };
}

function byRow(byPosition: Float64Array, order: Uint32Array): Float64Array {
  const rows = new Float64Array(order.length);
  order.forEach((row, position) => (rows[row] = byPosition[position]));
  return rows;
}

/**
 * Calibrates a fitted forest: weighted isotonic regression of the target on the out-of-bag
 * predictions. Metrics, intervals and predictions of the result are those after calibration.
 * @param input what the forest was fitted to
 * @throws ForestError NO_INTERVALS if no row was out of bag
 */
export function calibrate(
  input: Pick<FitInput, 'target' | 'weight' | 'count'>,
  result: FitResult,
): FitResult {
  const { target, weight = null, count = null } = input;
  const { forest, outOfBag, sums } = result;
  const calibration = fitIsotonic(outOfBag.predictions, target, fullWeight(input) ?? null);
  if (calibration === null) {
    throw new ForestError('NO_INTERVALS', 'no row was out of bag; fit with bootstrap');
  }
  const predictions = outOfBag.predictions.map((p) => (p === p ? calibrated(calibration, p) : p));
  const { variances } = outOfBag;
  const { schema, parameters, bins, trees } = forest;
  const judged = { predictions, variances, target, weight, count };
  const intervals = fitIntervals(judged, parameters.noise);
  return {
    forest: new Forest(schema, parameters, bins, trees, calibration, intervals),
    outOfBag: { predictions, variances, ...judge(judged, parameters) },
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
  return growFrom(atOnce(prepareFit(input, options)), [], null, onTree);
}

/**
 * Adds `more` trees to a fit. 60 trees and 40 more are the 100 trees of one fit, byte for byte,
 * since each tree has a random stream of its own.
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
  const prepared = atOnce(prepareFit(input, continued(forest, more)));
  checkSameInput(prepared, forest, sums);
  return growFrom(prepared, forest.trees, sums, onTree);
}

/** The options of the whole fit: those of the first trees, with more trees. */
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

function checkSameInput({ schema, set }: PreparedFit, forest: Forest, sums: OutOfBagSums): void {
  const difference = differenceOf(forest.schema, schema);
  if (difference !== null) throw new ForestError('COLUMNS_INVALID', difference);
  const same =
    sums.counts.length === (forest.parameters.outOfBag ? set.order.length : 0) &&
    sums.counted === (set.count !== null) &&
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
  const trees = [...first];
  const outOfBag = growTrees(prepared, trees, sums, onTree);
  return finishFit(prepared, trees, outOfBag);
}

/** Grows the trees that are missing; the memory that this takes is freed afterwards. */
function growTrees(
  prepared: PreparedFit,
  trees: Tree[],
  sums: OutOfBagSums | null,
  onTree: (done: number) => void,
): OutOfBag {
  const factory = new TreeFactory(prepared);
  if (sums !== null) factory.outOfBag.merge(sums);
  while (trees.length < prepared.parameters.trees) {
    trees.push(factory.grow(trees.length));
    onTree(trees.length);
  }
  return factory.outOfBag.alone();
}
