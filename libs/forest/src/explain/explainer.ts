/*
 * Explains a forest's predictions by one of two methods:
 *
 *   a background, and trees that use 12 features at most    exact interventional Shapley values of
 *                                                           the prediction (Janzing et al. 2020)
 *   else                                                    path-dependent TreeSHAP of the mean of
 *                                                           the trees (Lundberg et al. 2020)
 *
 * Both are means over parts: over some background rows each, or over single trees. An explanation
 * may take a hundred milliseconds, and a part a few; so a server can answer others between parts.
 */
import { ForestError } from '../errors.js';
import { Forest } from '../model/forest.js';
import { atOnce, type Steps } from '../steps.js';
import { checkWidth, ShapleyExplainer, type Explanation } from './shapley.js';
import { treeShap } from './tree-shap.js';

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

/** A sample of training rows. */
export interface ExplainerBackground {
  /** Rows of numbers in schema order. */
  readonly rows: readonly ArrayLike<number>[];
  /** How much each row counts, ≥ 0. Default: all alike. */
  readonly weight?: ArrayLike<number>;
}

/** A part of an explanation, and its share of the whole. */
interface Part {
  readonly share: number;
  readonly explain: (row: ArrayLike<number>) => Explanation;
}

/** Background rows of one part: some milliseconds, with as many features as there may be. */
const PART_ROWS = 8;

/** Explains the predictions of one forest. What does not depend on the row is done once. */
export class Explainer {
  readonly method: ExplanationMethod;
  /** Rows of the background that predictions are compared with; 0 for TreeSHAP. */
  readonly backgroundRows: number;
  private readonly parts: readonly Part[];

  /**
   * @param background what to compare predictions with. Without one, with one that is empty, of
   *   other features or badly weighted, and with more than 12 features, TreeSHAP explains.
   */
  constructor(
    private readonly forest: Forest,
    background?: ExplainerBackground,
  ) {
    const parts = background && shapleyParts(forest, background);
    this.method = parts === undefined ? 'tree_shap' : 'interventional_shapley';
    this.backgroundRows = parts === undefined ? 0 : background!.rows.length;
    this.parts = parts ?? treeParts(forest);
  }

  /**
   * Explains a row of numbers in schema order.
   * @throws ForestError ROW_INVALID; STATISTICS_ABSENT for a forest from elsewhere that keeps no
   *   training weights, where TreeSHAP explains
   */
  explain(row: ArrayLike<number>): ExplainedPrediction {
    return atOnce(this.steps(row));
  }

  /** The same, a part a step; the row must not change before the last one. */
  *steps(row: ArrayLike<number>): Steps<ExplainedPrediction> {
    const { forest, method, backgroundRows, parts } = this;
    checkWidth(forest, row);
    const values = new Float64Array(row.length);
    let base = 0;
    for (const { share, explain } of parts) {
      const part = explain(row);
      base += share * part.base;
      for (let f = 0; f < row.length; f++) values[f] += share * part.values[f];
      yield;
    }
    const prediction = forest.compile().predict(row);
    const isApart = method === 'tree_shap' && forest.calibration !== null;
    const explained = values.reduce((sum, value) => sum + value, base);
    const calibration = isApart ? prediction - explained : 0;
    return { method, backgroundRows, base, values, calibration, prediction };
  }
}

const UNFIT: readonly string[] = ['FEATURE_INVALID', 'BACKGROUND_INVALID'];

/** Undefined when the trees use too many features, or the background does not fit them. */
function shapleyParts(forest: Forest, background: ExplainerBackground): Part[] | undefined {
  const { rows, weight = new Float64Array(rows.length).fill(1) } = background;
  if (weight.length !== rows.length) return undefined;
  const total = sumOf(weight);
  const parts: Part[] = [];
  try {
    for (let from = 0; from < rows.length; from += PART_ROWS) {
      const weights = Array.from(weight).slice(from, from + PART_ROWS);
      const share = sumOf(weights) / total;
      // A sample that weighs nothing is refused; leaving it out changes nothing.
      if (share === 0) continue;
      const sample = rows.slice(from, from + PART_ROWS);
      const explainer = new ShapleyExplainer(forest, sample, { weight: weights });
      parts.push({ share, explain: (row) => explainer.explain(row) });
    }
  } catch (error) {
    if (error instanceof ForestError && UNFIT.includes(error.code)) return undefined;
    throw error;
  }
  return parts.length > 0 ? parts : undefined;
}

function treeParts({ schema, parameters, bins, trees }: Forest): Part[] {
  return trees.map((tree) => {
    const alone = new Forest(schema, parameters, bins, [tree]);
    return { share: 1 / trees.length, explain: (row) => treeShap(alone, row) };
  });
}

function sumOf(weights: ArrayLike<number>): number {
  return Array.from(weights).reduce((sum, weight) => sum + weight, 0);
}
