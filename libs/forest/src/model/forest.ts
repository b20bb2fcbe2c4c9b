import { codeOf, type FeatureBins } from '../data/binning.js';
import { calibrated, type Calibration } from '../judge/calibration.js';
import {
  Compiled,
  compileForest,
  type CompiledParts,
  type CompileOptions,
} from '../serve/compile.js';
import { ForestError } from '../errors.js';
import {
  intervalAround,
  type Interval,
  type IntervalModel,
  type IntervalOptions,
} from '../judge/intervals.js';
import type { FitParameters } from '../data/parameters.js';
import { meanAndVariance, predictRow, reachOf } from '../trees/walk.js';
import { RowEncoder, type FeatureRecord, type Schema } from '../data/schema.js';
import type { Tree } from '../trees/tree.js';

/** A fitted forest: an immutable function from rows to predictions. */
export class Forest {
  private encoder: RowEncoder | undefined;
  private compiled: Compiled | undefined;

  constructor(
    readonly schema: Schema,
    readonly parameters: FitParameters,
    readonly bins: readonly FeatureBins[],
    readonly trees: readonly Tree[],
    /** Applied to the mean of the trees; null: none. */
    readonly calibration: Calibration | null = null,
    /** null: no row was out of bag, so there are no intervals. */
    readonly intervals: IntervalModel | null = null,
    /** The result of `compileForest` on another thread; null: compile here when asked to. */
    private readonly parts: CompiledParts | null = null,
  ) {}

  /** The seed of the fit. */
  get seed(): number {
    return this.parameters.seed;
  }

  /** The cuts of a numeric feature, ascending; a number x ≤ cut goes left. Empty for categories. */
  cutsOf(feature: number): Float64Array {
    return this.bins[feature].cuts;
  }

  /** How many bins a feature has: the intervals between its cuts, or its categories. */
  binCount(feature: number): number {
    return this.bins[feature].bins;
  }

  /** The bin, from 0, that a value of a feature falls into; `binCount(feature)` if it is missing. */
  binOf(feature: number, x: number): number {
    return codeOf(this.bins[feature], x);
  }

  /** Bounds of the mean of the trees: no row is predicted below `least` or above `most`. */
  get reach(): { readonly least: number; readonly most: number } {
    return reachOf(this.trees);
  }

  /**
   * The mean of the trees at one row of numbers in schema order (categories by place, NaN for
   * missing), calibrated if the forest is; in the target's unit.
   * @throws ForestError ROW_INVALID if the row's length is not the number of features
   */
  predict(row: ArrayLike<number>): number {
    this.checkRow(row);
    return this.finish(predictRow(this.trees, this.bins, row));
  }

  private finish(mean: number): number {
    return this.calibration === null ? mean : calibrated(this.calibration, mean);
  }

  /**
   * An interval that holds the target observed at a row in a share `level` of all cases.
   * @throws ForestError ROW_INVALID, OPTION_INVALID, NO_INTERVALS
   */
  predictInterval(row: ArrayLike<number>, options: IntervalOptions = {}): Interval {
    if (this.intervals === null) {
      throw new ForestError('NO_INTERVALS', 'no row was out of bag; fit with bootstrap');
    }
    this.checkRow(row);
    const { mean, variance } = meanAndVariance(this.trees, this.bins, row);
    return intervalAround(this.intervals, this.finish(mean), variance, options);
  }

  /** The prediction for a record; features that it does not name are missing. */
  predictRecord(record: FeatureRecord): number {
    this.encoder ??= new RowEncoder(this.schema);
    return this.predict(this.encoder.encode(record));
  }

  private checkRow(row: ArrayLike<number>): void {
    const wanted = this.schema.features.length;
    if (row.length === wanted) return;
    throw new ForestError('ROW_INVALID', `got ${row.length} numbers, wanted ${wanted}`);
  }

  /**
   * A compiled form of the forest, which predicts the same numbers much faster. Without options it
   * is compiled once and kept; a forest from `loadCompiled` was compiled by its thread.
   */
  compile(options?: CompileOptions): Compiled {
    if (options !== undefined) return new Compiled(this, compileForest(this, options));
    return (this.compiled ??= new Compiled(this, this.parts ?? compileForest(this)));
  }
}
