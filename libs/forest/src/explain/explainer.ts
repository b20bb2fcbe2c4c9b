/*
 * One way to explain a forest's predictions, whoever asks.
 *
 *   a background, and at most 12 features used    exact interventional Shapley values of the
 *                                                 prediction (Janzing et al. 2020)
 *   else                                          path-dependent TreeSHAP of the mean of the
 *                                                 trees (Lundberg et al. 2020)
 *
 * Either may take a hundred milliseconds. So it is done in steps, some background rows or a tree
 * each; between two of them a server may answer others.
 */
import type { BackgroundRows } from './background.js';
import { ForestError } from '../errors.js';
import { checkWidth, ShapleyExplainer, type Explanation } from './shapley.js';
import type { Forest } from '../model/forest.js';
import { atOnce, type Steps } from '../steps.js';
import { treeShapSteps } from './tree-shap.js';

/** How contributions are found. */
export const explanationMethods = ['interventional_shapley', 'tree_shap'] as const;
export type ExplanationMethod = (typeof explanationMethods)[number];

/** Why a prediction is what it is: base + Σ values + calibration = prediction, but for rounding. */
export interface ExplainedPrediction extends Explanation {
  readonly method: ExplanationMethod;
  /** Rows of the background that `base` is the mean over; 0 for TreeSHAP, which needs none. */
  readonly backgroundRows: number;
  /** What calibration adds to the mean of the trees, where the values leave it out; else 0. */
  readonly calibration: number;
  readonly prediction: number;
}

/** A sample of training rows, and how much each counts; all alike if not told. */
export interface ExplainerBackground {
  readonly rows: BackgroundRows;
  readonly weight?: ArrayLike<number>;
}

/** Explains the predictions of one forest. What does not depend on the row is done once. */
export class Explainer {
  readonly method: ExplanationMethod;
  readonly backgroundRows: number;
  private readonly shapley: ShapleyExplainer | undefined;

  /** @param background rows of other features, or badly weighted ones, count as none */
  constructor(
    private readonly forest: Forest,
    background?: ExplainerBackground,
  ) {
    this.shapley = background && shapleyOf(forest, background);
    this.method = this.shapley === undefined ? 'tree_shap' : 'interventional_shapley';
    this.backgroundRows = this.shapley === undefined ? 0 : rowsOf(background!.rows);
  }

  /**
   * Explains a row of numbers in schema order.
   * @throws ForestError ROW_INVALID; STATISTICS_ABSENT for a forest from elsewhere that keeps no
   *   training weights, where there is no background
   */
  explain(row: ArrayLike<number>): ExplainedPrediction {
    return atOnce(this.steps(row));
  }

  /** The same, step by step; the row must not change before the last one. */
  *steps(row: ArrayLike<number>): Steps<ExplainedPrediction> {
    const { forest, method, backgroundRows, shapley } = this;
    checkWidth(forest, row);
    const { base, values } = yield* shapley === undefined
      ? treeShapSteps(forest, row)
      : shapley.steps(row);
    const prediction = forest.compile().predict(row);
    const isApart = shapley === undefined && forest.calibration !== null;
    const explained = values.reduce((sum, value) => sum + value, base);
    const calibration = isApart ? prediction - explained : 0;
    return { method, backgroundRows, base, values, calibration, prediction };
  }
}

const UNFIT: readonly string[] = ['FEATURE_INVALID', 'BACKGROUND_INVALID'];

function shapleyOf(
  forest: Forest,
  { rows, weight }: ExplainerBackground,
): ShapleyExplainer | undefined {
  try {
    return new ShapleyExplainer(forest, rows, weight && { weight });
  } catch (error) {
    if (error instanceof ForestError && UNFIT.includes(error.code)) return undefined;
    throw error;
  }
}

function rowsOf(rows: BackgroundRows): number {
  return 'schema' in rows ? rows.rows : rows.length;
}
