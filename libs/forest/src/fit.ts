import { learnBins as learnBinsInSteps, type FeatureBins } from './data/binning.js';
import { checkColumns, type Columns } from './data/columns.js';
import { ForestError } from './errors.js';
import { TreeFactory, type PreparedFit } from './factory.js';
import { checkInput, countsIn, type FitInput } from './data/fit-input.js';
import { Forest } from './model/forest.js';
import { byPosition, groupRows } from './data/grouping.js';
import { Kernels, newMemory } from './kernels/kernels.js';
import { fitIntervals } from './judge/intervals.js';
import { judge, ownShare, type OutOfBagResult } from './judge/judging.js';
import type { OutOfBag, OutOfBagSums } from './judge/out-of-bag.js';
import { resolveParameters, type FitOptions } from './data/parameters.js';
import { differenceOf } from './data/schema.js';
import { atOnce, type Steps } from './steps.js';
import type { Tree } from './trees/tree.js';

/** A forest, and how well it predicts rows that its trees did not see. */
export interface FitResult {
  readonly forest: Forest;
  readonly outOfBag: OutOfBagResult;
  /** What `growMore` continues from. */
  readonly sums: OutOfBagSums;
}

/**
 * Checks the input, bins it and groups equal rows, in steps.
 * @param shared may other threads read what is prepared?
 * @throws ForestError COLUMNS_INVALID, OPTION_INVALID, KERNELS_UNAVAILABLE, MEMORY_EXHAUSTED
 */
export function* prepareFit(
  input: FitInput,
  options: FitOptions = {},
  shared = false,
): Steps<PreparedFit> {
  const { columns, target, weight } = input;
  const parameters = resolveParameters(checkColumns(columns).schema, options);
  yield* checkInput(input, parameters);
  const count = countsIn(input);
  const kernels = new Kernels(newMemory(0, shared));
  const { maxBins, seed } = parameters;
  const bins = input.bins ?? (yield* learnBinsInSteps(kernels, columns, maxBins, seed, count));
  const numbers = { target, weight: weight ?? null, count };
  const set = yield* groupRows(kernels, columns, bins, numbers);
  return { schema: columns.schema, parameters, set };
}

/** How `learnBins` learns them; as for `fit`. */
export type BinOptions = Pick<FitOptions, 'maxBins' | 'seed'> & Pick<FitInput, 'count'>;

/**
 * Learns how features become codes, as `fit` does: all midpoints where values are few, quantiles
 * otherwise. With them as `bins` of their inputs, several fits share their bins.
 * @throws ForestError COLUMNS_INVALID, OPTION_INVALID, KERNELS_UNAVAILABLE
 */
export function learnBins(columns: Columns, options: BinOptions = {}): readonly FeatureBins[] {
  const { count, ...rest } = options;
  const { maxBins, seed } = resolveParameters(checkColumns(columns).schema, rest);
  const counts = count === undefined ? null : countsIn({ count, columns });
  return atOnce(learnBinsInSteps(new Kernels(), columns, maxBins, seed, counts));
}

/** Makes the forest, its intervals and its out-of-bag result of grown trees. */
export function finishFit(fit: PreparedFit, trees: readonly Tree[], oob: OutOfBag): FitResult {
  const { schema, parameters, set } = fit;
  const { sums, coarse, squares, counts, counted } = oob;
  const rest = { sums, coarse, squares, counts, counted };
  if (!parameters.outOfBag) {
    const none = new Float64Array(0);
    const outOfBag = { predictions: none, variances: none, r2: NaN, weightedR2: NaN };
    return { forest: new Forest(schema, parameters, set.bins, trees), outOfBag, sums: rest };
  }
  const { order, ...numbers } = byPosition(set);
  const predictions = oob.predictions();
  const variances = oob.variances();
  const judged = { predictions, variances, ...numbers };
  const metrics = judge(judged, ownShare(parameters));
  // From here on, targets and weights by position are room for what else is by position: there may be
  // many rows.
  const intervals = fitIntervals(judged, parameters.noise, numbers.weight ?? undefined);
  for (const values of [predictions, variances]) toRows(values, order, numbers.target);
  set.memory = null;
  return {
    forest: new Forest(schema, parameters, set.bins, trees, null, intervals),
    outOfBag: { predictions, variances, ...metrics },
    sums: rest,
  };
}

/** Brings numbers by position into the order of rows, by way of `room`. */
function toRows(values: Float64Array, order: Uint32Array, room: Float64Array): void {
  for (let position = 0; position < order.length; position++) {
    room[order[position]] = values[position];
  }
  values.set(room);
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
    sums.counts.length === (forest.parameters.outOfBag ? set.rows : 0) &&
    sums.counted === set.counted &&
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
  return factory.outOfBag;
}
