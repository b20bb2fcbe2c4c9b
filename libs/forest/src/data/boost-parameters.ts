import type { Columns } from './columns.js';
import type { FitInput } from './fit-input.js';
import {
  checkOptions,
  MAX_TREES,
  monotoneSigns,
  type BoostLoss,
  type BoostRules,
  type FitParameters,
  type NoiseKind,
  type Range,
} from './parameters.js';
import type { Schema } from './schema.js';

/** What to boost: a fit's input, and how rows are dealt to folds. */
export interface BoostInput extends FitInput {
  /** The fold of each row, 0 to folds − 1: by group or time, say. Default: at random, by the seed. */
  readonly fold?: ArrayLike<number>;
  /**
   * The columns that the booster which leaves a fold out sees, of all rows: of the same schema, where
   * what was encoded by the target (word statistics, say) knows nothing of the rows left out.
   */
  readonly columnsWithout?: (fold: number) => Columns;
  /**
   * Make intervals, which asks every booster about every row. Default true; without them a result's
   * variances are NaN.
   */
  readonly intervals?: boolean;
}

/** How to boost. Everything is optional; the defaults suit noisy tabular data. */
export interface BoostOptions {
  /**
   * squared_error; binomial, where the target is a rate in [0, 1] over the weight, a count (clicks of
   * impressions); poisson, where it is a rate ≥ 0 over the weight, an exposure. Default squared_error.
   */
  readonly loss?: BoostLoss;
  /** Most trees of a booster, 1 to 100,000. Default 500. */
  readonly rounds?: number;
  /** How much of each tree counts, in (0, 1]. Default 0.05. */
  readonly learningRate?: number;
  /** Edges from the root to the deepest leaf, 1 to 64. Default 6. */
  readonly maxDepth?: number;
  /** Leaves of a tree, ≥ 2, best gain first. Default: no bound but the depth. */
  readonly maxLeaves?: number;
  /** λ ≥ 0: leaves are Σ −gradient / (Σ hessian + λ). Default 1. */
  readonly l2?: number;
  /**
   * Σ hessian that a leaf must keep, ≥ 0. Under binomial loss that is Σ weight · p (1 − p), about the
   * expected clicks; a log-odds over it has the standard error 1 / √hessian. Default 1.
   */
  readonly minChildWeight?: number;
  /** Distinct rows that a leaf must keep, ≥ 1. Default 1. */
  readonly minLeafRows?: number;
  /** Loss that a split must save, per unit of the tree's Σ hessian, ≥ 0. Default 0. */
  readonly minGain?: number;
  /** Share of rows that each tree sees, in (0, 1], without replacement. Default 1. */
  readonly rowSample?: number;
  /** Share of features that each tree may use, in (0, 1]; at least one. Default 1. */
  readonly columnSample?: number;
  /**
   * Categories are put in the order of Σ −gradient / (Σ hessian + this), ≥ 0: rare ones go to the
   * middle (LightGBM's cat_smooth). Default 10.
   */
  readonly categorySmoothing?: number;
  /** By feature name: +1 the prediction may only rise with it, −1 only fall. */
  readonly monotone?: Readonly<Record<string, 1 | -1>>;
  /** Bins of a numeric feature, 2 to 65,000. Default 255. */
  readonly maxBins?: number;
  /**
   * Boosters of the bag, 1 to 255: each leaves a fold of the rows out, which stop and judge it. 1: one
   * booster of all rows, which nothing stops and nothing judges. Default 5.
   */
  readonly folds?: number;
  /** A booster stops when so many trees have not bettered the rows left out, ≥ 1. Default 20. */
  readonly patience?: number;
  /** Any safe integer; the same seed gives the same bytes. Default 42. */
  readonly seed?: number;
  /**
   * What intervals take the target's noise to be. Default: binomial under binomial loss with weights,
   * else plain.
   */
  readonly noise?: NoiseKind;
}

/** `BoostOptions` with every default filled in. What a bag's rules say too is said as theirs. */
export type BoostParameters = FitParameters & { readonly boosting: BoostRules };

/** Folds are 16 bits, and so many boosters are more than anybody wants. */
export const MAX_FOLDS = 255;

const ranges: Readonly<Record<string, Range>> = {
  rounds: { min: 1, max: MAX_TREES, whole: true },
  learningRate: { min: 0, max: 1, open: true },
  maxDepth: { min: 1, max: 64, whole: true },
  maxLeaves: { min: 2, max: 2 ** 24, whole: true },
  l2: { min: 0, max: Number.MAX_VALUE },
  minChildWeight: { min: 0, max: Number.MAX_VALUE },
  minLeafRows: { min: 1, max: 2 ** 31 - 1, whole: true },
  minGain: { min: 0, max: Number.MAX_VALUE },
  rowSample: { min: 0, max: 1, open: true },
  columnSample: { min: 0, max: 1, open: true },
  categorySmoothing: { min: 0, max: Number.MAX_VALUE },
  maxBins: { min: 2, max: 65_000, whole: true },
  folds: { min: 1, max: MAX_FOLDS, whole: true },
  patience: { min: 1, max: MAX_TREES, whole: true },
  seed: { min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER, whole: true },
};

const words: Readonly<Record<string, readonly string[]>> = {
  loss: ['squared_error', 'binomial', 'poisson'] satisfies BoostLoss[],
  noise: ['plain', 'binomial'] satisfies NoiseKind[],
};

/**
 * The one place where options of boosting are checked and completed.
 * @param weighted does the input have weights?
 * @throws ForestError OPTION_INVALID naming the option, the value and its range
 */
export function resolveBoosting(
  schema: Schema,
  options: BoostOptions,
  weighted: boolean,
): BoostParameters {
  checkOptions(options, { ranges, flags: [], words });
  const loss = options.loss ?? 'squared_error';
  const folds = options.folds ?? 5;
  const rounds = options.rounds ?? 500;
  return {
    trees: folds * rounds,
    seed: options.seed ?? 42,
    criterion: 'squared_error',
    maxBins: options.maxBins ?? 255,
    maxDepth: options.maxDepth ?? 6,
    maxLeaves: options.maxLeaves ?? 0,
    minLeafRows: options.minLeafRows ?? 1,
    minLeafWeight: options.minChildWeight ?? 1,
    minGain: options.minGain ?? 0,
    maxFeatures: schema.features.length,
    bootstrap: false,
    sampleFraction: options.rowSample ?? 1,
    extraTrees: false,
    monotone: monotoneSigns(schema, options.monotone ?? {}),
    noise: options.noise ?? (loss === 'binomial' && weighted ? 'binomial' : 'plain'),
    outOfBag: folds > 1,
    boosting: {
      loss,
      rounds,
      learningRate: options.learningRate ?? 0.05,
      l2: options.l2 ?? 1,
      columnSample: options.columnSample ?? 1,
      categorySmoothing: options.categorySmoothing ?? 10,
      folds,
      patience: options.patience ?? 20,
    },
  };
}
