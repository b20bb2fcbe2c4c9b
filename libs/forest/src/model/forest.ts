import { codeOf, type FeatureBins } from '../data/binning.js';
import { calibrated, type Calibration } from '../judge/calibration.js';
import {
  Compiled,
  compileForest,
  isForOthers,
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
import { meanAndVariance, predictRow, reachOf, varianceOf } from '../trees/walk.js';
import { RowEncoder, type FeatureRecord, type Schema } from '../data/schema.js';
import { bagOf, drawsOf, membersOf, type MemberRange, type Part } from '../trees/parts.js';
import type { Tree } from '../trees/tree.js';

/** What goes with a forest that this library knows nothing of: saved and read with it. */
export interface Attachments {
  /** Anything that JSON can say. */
  readonly facts: unknown;
  readonly arrays: Readonly<Record<string, AttachedArray>>;
}

export type AttachedArray =
  Float64Array | Float32Array | Int32Array | Uint32Array | Int16Array | Uint16Array | Uint8Array;

/** What a forest may have beside trees. */
export interface ForestExtras {
  /** What is made of the trees. Default: their mean. */
  readonly parts?: readonly Part[];
  readonly attached?: Attachments | null;
  /** The result of `compileForest` on another thread. Default: compile here when asked to. */
  readonly compiled?: CompiledParts;
}

/** What a copy of a forest has instead. */
export interface ForestChanges {
  readonly calibration?: Calibration | null;
  readonly intervals?: IntervalModel | null;
  readonly attached?: Attachments | null;
}

/** A fitted forest: an immutable function from rows to predictions. */
export class Forest {
  /** What is made of the trees; of a bag, their mean. */
  readonly parts: readonly Part[];
  /** What goes with the forest, for whoever attached it; null: nothing. */
  readonly attached: Attachments | null;
  private toCompile: CompiledParts | undefined;
  private encoder: RowEncoder | undefined;
  private compiled: Compiled | undefined;
  private draws: readonly MemberRange[][] | undefined;

  constructor(
    readonly schema: Schema,
    readonly parameters: FitParameters,
    readonly bins: readonly FeatureBins[],
    /** Those of all parts, end to end. */
    readonly trees: readonly Tree[],
    /** Applied to the mixture of the parts; null: none. */
    readonly calibration: Calibration | null = null,
    /** null: no row was out of bag, so there are no intervals. */
    readonly intervals: IntervalModel | null = null,
    { parts = bagOf(trees.length), attached = null, compiled }: ForestExtras = {},
  ) {
    this.parts = parts;
    this.attached = attached;
    this.toCompile = compiled;
  }

  /** A copy of the forest with some things in the place of its own; trees are shared. */
  with(changes: ForestChanges): Forest {
    const { schema, parameters, bins, trees, parts } = this;
    const { calibration, intervals, attached } = { ...this.changeable(), ...changes };
    return new Forest(schema, parameters, bins, trees, calibration, intervals, { parts, attached });
  }

  private changeable(): Required<ForestChanges> {
    const { calibration, intervals, attached } = this;
    return { calibration, intervals, attached };
  }

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

  /** Bounds of the prediction before calibration: it is nowhere below `least` or above `most`. */
  get reach(): { readonly least: number; readonly most: number } {
    return reachOf(this.parts, this.trees);
  }

  /**
   * The prediction (of a bag, the mean of its trees) at one row of numbers in schema order (categories by place, NaN for
   * missing), calibrated if the forest is; in the target's unit.
   * @throws ForestError ROW_INVALID if the row's length is not the number of features
   */
  predict(row: ArrayLike<number>): number {
    this.checkRow(row);
    return this.finish(predictRow(this.parts, this.trees, this.bins, row));
  }

  private finish(prediction: number): number {
    return this.calibration === null ? prediction : calibrated(this.calibration, prediction);
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
    const { mean, variance } = this.meanAndVariance(row);
    return intervalAround(this.intervals, mean, variance, options);
  }

  /** The prediction at a row, and the (population) variance of the forest's draws there. */
  private meanAndVariance(row: ArrayLike<number>): { mean: number; variance: number } {
    const { parts, trees, bins } = this;
    const draws = drawsOf(parts);
    const compiled = this.compile();
    // A bag of more trees than the compiled form asks is walked.
    if (draws > compiled.askedTrees) {
      this.draws ??= membersOf(parts, draws);
      const { mean, variance } = meanAndVariance(parts, this.draws, trees, bins, row);
      return { mean: this.finish(mean), variance };
    }
    return { mean: compiled.predict(row), variance: varianceOf(compiled.perTree(row, 1)) };
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
    return (this.compiled ??= new Compiled(this, this.compiledParts()));
  }

  /**
   * What `compile()` wraps, as plain arrays.
   * @param shared may another thread use them? Compiles once more where they are for this one only
   */
  compiledParts(shared = false): CompiledParts {
    if (this.toCompile === undefined || (shared && !isForOthers(this.toCompile))) {
      this.toCompile = compileForest(this, undefined, shared);
    }
    return this.toCompile;
  }
}
