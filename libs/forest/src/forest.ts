import { drawBag } from './bagging.js';
import { learnBins, packRows, type FeatureBins } from './binning.js';
import { checkColumns, type Columns } from './columns.js';
import { Compiled, type CompileOptions } from './compile.js';
import { ForestError } from './errors.js';
import { TreeGrower, type TrainingSet } from './grower.js';
import { r2 } from './metrics.js';
import { OutOfBag } from './out-of-bag.js';
import { resolveParameters, type FitOptions, type FitParameters } from './parameters.js';
import { predictRow } from './predict.js';
import { Random } from './random.js';
import { RowEncoder, type FeatureRecord, type Schema } from './schema.js';
import type { Tree } from './tree.js';

/** What the trees say of rows they did not see. */
export interface OutOfBagResult {
  /** One a training row, in order; NaN where every tree saw the row. */
  readonly predictions: Float64Array;
  /** Share of variance explained over rows with a prediction, every row counting 1. */
  readonly r2: number;
  /** The same, rows counting their weight. */
  readonly weightedR2: number;
}

/** What to fit: one target and, if rows do not count alike, one weight a row. */
export interface FitInput {
  readonly columns: Columns;
  readonly target: Float64Array;
  readonly weight?: Float64Array;
}

/** A fitted forest: immutable, and the same function whoever holds it. */
export class Forest {
  private compiled: Compiled | undefined;
  private encoder: RowEncoder | undefined;

  constructor(
    readonly schema: Schema,
    readonly parameters: FitParameters,
    readonly bins: readonly FeatureBins[],
    readonly trees: readonly Tree[],
  ) {}

  /**
   * The mean of the trees at one row of numbers in schema order (categories by place, NaN for
   * missing), in the target's unit.
   * @throws ForestError ROW_INVALID if the row's length is not the number of features
   */
  predict(row: ArrayLike<number>): number {
    if (row.length !== this.schema.features.length) {
      const wanted = this.schema.features.length;
      throw new ForestError('ROW_INVALID', `got ${row.length} numbers, wanted ${wanted}`);
    }
    return predictRow(this.trees, this.bins, row);
  }

  /** The same for a record; what it does not name is missing. */
  predictRecord(record: FeatureRecord): number {
    this.encoder ??= new RowEncoder(this.schema);
    return this.predict(this.encoder.encode(record));
  }

  /** The same function, made fast; kept, so that asking again costs nothing. */
  compile(options?: CompileOptions): Compiled {
    if (options !== undefined) return new Compiled(this, options);
    return (this.compiled ??= new Compiled(this));
  }
}

/** A forest with what its fit learned about itself. */
export interface FitResult {
  readonly forest: Forest;
  readonly outOfBag: OutOfBagResult;
}

/** Everything the trees are grown from; shared by all threads. */
export interface PreparedFit {
  readonly schema: Schema;
  readonly parameters: FitParameters;
  readonly set: TrainingSet;
}

/**
 * Checks the input and bins it.
 * @throws ForestError COLUMNS_INVALID or OPTION_INVALID
 */
export function prepareFit(
  { columns, target, weight }: FitInput,
  options: FitOptions = {},
  allocate?: (length: number) => Uint32Array,
): PreparedFit {
  checkColumns(columns);
  const parameters = resolveParameters(columns.schema, options);
  checkNumbers('target', target, columns.rows, parameters.criterion === 'poisson');
  if (weight !== undefined) checkNumbers('weight', weight, columns.rows, true);
  const bins = learnBins(columns, parameters.maxBins, parameters.seed);
  const packed = packRows(columns, bins, allocate);
  const set = { packed, bins, target, weight: weight ?? null };
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

/** Grows single trees of a fit, in any order: tree `t` is the same whoever grows it. */
export class TreeFactory {
  private readonly grower: TreeGrower;
  private readonly bag: Uint16Array;

  constructor(
    private readonly fit: PreparedFit,
    private readonly outOfBag: OutOfBag,
  ) {
    this.grower = new TreeGrower(fit.set, fit.parameters);
    this.bag = new Uint16Array(fit.set.packed.rows);
  }

  /** Grows tree `t` and adds it to the out-of-bag sums. */
  grow(t: number): Tree {
    const { parameters, set } = this.fit;
    const random = new Random(parameters.seed, t);
    const distinct = drawBag(this.bag, parameters, random);
    const tree = this.grower.grow(this.bag, distinct, random);
    this.outOfBag.add(tree, set, this.bag);
    return tree;
  }
}

/** Puts grown trees and their out-of-bag sums together. */
export function finishFit(fit: PreparedFit, trees: readonly Tree[], oob: OutOfBag): FitResult {
  const { schema, parameters, set } = fit;
  return {
    forest: new Forest(schema, parameters, set.bins, trees),
    outOfBag: judgeOutOfBag(oob.predictions(), set),
  };
}

function judgeOutOfBag(predictions: Float64Array, { target, weight }: TrainingSet): OutOfBagResult {
  const told = [...predictions.keys()].filter((row) => !Number.isNaN(predictions[row]));
  const at = (values: Float64Array): number[] => told.map((row) => values[row]);
  const observed = at(target);
  const predicted = at(predictions);
  return {
    predictions,
    r2: r2(observed, predicted),
    weightedR2: r2(observed, predicted, weight === null ? undefined : at(weight)),
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
  const prepared = prepareFit(input, options);
  const oob = new OutOfBag(input.columns.rows, OutOfBag.unitOf(input.target));
  const factory = new TreeFactory(prepared, oob);
  const trees: Tree[] = [];
  for (let t = 0; t < prepared.parameters.trees; t++) {
    trees.push(factory.grow(t));
    onTree(trees.length);
  }
  return finishFit(prepared, trees, oob);
}
