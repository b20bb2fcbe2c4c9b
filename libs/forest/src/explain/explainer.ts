/*
 * Explains a forest's predictions by one of two methods:
 *
 *   a background, and trees that use 12 features at most    exact interventional Shapley values of
 *                                                           the prediction (Janzing et al. 2020)
 *   else                                                    path-dependent TreeSHAP before calibration
 *                                                           (Lundberg et al. 2020), on the scale that
 *                                                           `treeShap` says
 *
 * Both are sums over some background rows each, or over single trees. An explanation may take a
 * hundred milliseconds, and a step a few; so a server can answer others between steps.
 */
import { ForestError } from '../errors.js';
import { readGroups, type GroupOptions } from './groups.js';
import type { Forest } from '../model/forest.js';
import { atOnce, type Steps } from '../steps.js';
import { checkWidth, ShapleyExplainer } from './shapley.js';
import { isInMargin, treeShapSteps, type TreeExplanation } from './tree-shap.js';
import { inverseLink } from '../trees/links.js';

/** How contributions are found. */
export const explanationMethods = ['interventional_shapley', 'tree_shap'] as const;
export type ExplanationMethod = (typeof explanationMethods)[number];

/**
 * Why a prediction is what it is: inverse link of (base + Σ values) + calibration = prediction, but for
 * rounding. Where `scale` is `prediction`, the link is the identity.
 */
export interface ExplainedPrediction extends TreeExplanation {
  readonly method: ExplanationMethod;
  /** Rows of the background that `base` is the mean over; 0 for TreeSHAP, which needs none. */
  readonly backgroundRows: number;
  /** What calibration adds to the prediction, where the values leave it out; else 0. */
  readonly calibration: number;
  /** In the target's unit, whatever the scale of the values. */
  readonly prediction: number;
}

/** A sample of training rows. */
export interface ExplainerBackground {
  /** Rows of numbers in schema order. */
  readonly rows: readonly ArrayLike<number>[];
  /** How much each row counts, ≥ 0. Default: all alike. */
  readonly weight?: ArrayLike<number>;
}

/** Some background rows, and their share of the whole. */
interface Share {
  readonly share: number;
  readonly explainer: ShapleyExplainer;
}

/** Background rows of one step: some milliseconds, with as many features as there may be. */
const STEP_ROWS = 8;

/** Explains the predictions of one forest. What does not depend on the row is done once. */
export class Explainer {
  readonly method: ExplanationMethod;
  /** Rows of the background that predictions are compared with; 0 for TreeSHAP. */
  readonly backgroundRows: number;
  /** By some background rows each; undefined: by trees. */
  private readonly shares: readonly Share[] | undefined;

  /**
   * @param background what to compare predictions with. Without one, with one that is empty, of
   *   other features or badly weighted, and with more than 12 features, or groups, TreeSHAP explains.
   * @param options `groups` of columns that get one value together
   * @throws ForestError OPTION_INVALID if the groups are not such
   */
  constructor(
    private readonly forest: Forest,
    background?: ExplainerBackground,
    private readonly options: GroupOptions = {},
  ) {
    readGroups(forest.schema, options.groups);
    this.shares = background && sharesOf(forest, background, options);
    this.method = this.shares === undefined ? 'tree_shap' : 'interventional_shapley';
    this.backgroundRows = this.shares === undefined ? 0 : background!.rows.length;
  }

  /**
   * Explains a row of numbers in schema order.
   * @throws ForestError ROW_INVALID; STATISTICS_ABSENT for a forest from elsewhere that keeps no
   *   training weights, where TreeSHAP explains
   */
  explain(row: ArrayLike<number>): ExplainedPrediction {
    return atOnce(this.steps(row));
  }

  /** The same, in steps; the row must not change before the last one. */
  *steps(row: ArrayLike<number>): Steps<ExplainedPrediction> {
    const { forest, method, backgroundRows, shares } = this;
    checkWidth(forest, row);
    const explained =
      shares === undefined
        ? yield* treeShapSteps(forest, row, this.options)
        : yield* shapleySteps(shares, row);
    const prediction = forest.compile().predict(row);
    const isApart = shares === undefined && forest.calibration !== null && !isInMargin(forest);
    const calibration = isApart ? prediction - predictionOf(explained) : 0;
    return { method, backgroundRows, ...explained, calibration, prediction };
  }
}

function* shapleySteps(shares: readonly Share[], row: ArrayLike<number>): Steps<TreeExplanation> {
  let base = 0;
  let values: Float64Array | undefined;
  for (const { share, explainer } of shares) {
    const part = explainer.explain(row);
    base += share * part.base;
    values ??= new Float64Array(part.values.length);
    for (let g = 0; g < values.length; g++) values[g] += share * part.values[g];
    yield;
  }
  return { base, values: values!, scale: 'prediction', link: 'identity' };
}

/** What the values say is predicted. */
function predictionOf({ base, values, link }: TreeExplanation): number {
  return inverseLink(
    link,
    values.reduce((sum, value) => sum + value, base),
  );
}

const UNFIT: readonly string[] = ['FEATURE_INVALID', 'BACKGROUND_INVALID'];

/** Undefined when the trees use too many features, or the background does not fit them. */
function sharesOf(
  forest: Forest,
  background: ExplainerBackground,
  options: GroupOptions,
): Share[] | undefined {
  const { rows, weight = new Float64Array(rows.length).fill(1) } = background;
  if (weight.length !== rows.length) return undefined;
  const total = sumOf(weight);
  const shares: Share[] = [];
  try {
    for (let from = 0; from < rows.length; from += STEP_ROWS) {
      const weights = Array.from(weight).slice(from, from + STEP_ROWS);
      const share = sumOf(weights) / total;
      // A sample that weighs nothing is refused; leaving it out changes nothing.
      if (share === 0) continue;
      const sample = rows.slice(from, from + STEP_ROWS);
      const explainer = new ShapleyExplainer(forest, sample, { ...options, weight: weights });
      shares.push({ share, explainer });
    }
  } catch (error) {
    if (error instanceof ForestError && UNFIT.includes(error.code)) return undefined;
    throw error;
  }
  return shares.length > 0 ? shares : undefined;
}

function sumOf(weights: ArrayLike<number>): number {
  return Array.from(weights).reduce((sum, weight) => sum + weight, 0);
}
