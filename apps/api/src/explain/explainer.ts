import type { CtrModel } from '@adscale/ctr';
import { Forest, ForestError, ShapleyExplainer, treeShap, type Explanation } from '@adscale/forest';
import { Turn } from '../overload/turn.js';
import { type Background, backgroundOf } from './background.js';

/** How contributions are found. */
export const METHODS = ['interventional_shapley', 'tree_shap'] as const;
export type Method = (typeof METHODS)[number];

/** Why a row's prediction is what it is: base + Σ contributions + calibration = ctr. */
export interface CtrExplanation {
  readonly method: Method;
  /** Rows of the background that `base` is the mean over; 0 for TreeSHAP, which needs none. */
  readonly backgroundRows: number;
  /** What is predicted of a placement that nothing is known of. */
  readonly base: number;
  /** One a feature, in the order of the model's schema. */
  readonly contributions: Float64Array;
  /** What calibration adds to the mean of the trees, where contributions leave it out; else 0. */
  readonly calibration: number;
  /** The prediction before it is clamped and rounded. */
  readonly ctr: number;
}

/** A part of an explanation, and its share of the whole; both methods are means over parts. */
interface Part {
  readonly share: number;
  readonly explain: (row: Float64Array) => Explanation;
}

/** Background rows of one part: some milliseconds, with as many features as there may be. */
const PART_ROWS = 8;

/**
 * Explains the predictions of one model.
 *
 * With a background in the model's card and up to 12 features: exact interventional Shapley values
 * (Janzing et al. 2020) of the prediction. Otherwise path-dependent TreeSHAP (Lundberg et al.
 * 2020) of the mean of the trees.
 *
 * Either may take a hundred milliseconds, so it is done in parts, some background rows or a tree
 * each, and others are let in between.
 */
export class ModelExplainer {
  private constructor(
    private readonly model: CtrModel,
    readonly method: Method,
    private readonly backgroundRows: number,
    private readonly parts: readonly Part[],
  ) {}

  /** What does not depend on the row. */
  static async create(model: CtrModel): Promise<ModelExplainer> {
    const background = backgroundOf(model);
    const parts = background && (await shapleyParts(model, background));
    if (parts === undefined) return new ModelExplainer(model, 'tree_shap', 0, treeParts(model));
    return new ModelExplainer(model, 'interventional_shapley', background!.rows.length, parts);
  }

  /**
   * @param row numbers in the order of the model's schema; must not change before this resolves
   * @throws ForestError STATISTICS_ABSENT when the forest cannot be explained
   */
  async explain(row: Float64Array): Promise<CtrExplanation> {
    const { method, backgroundRows, parts } = this;
    const { forest, compiled } = this.model;
    const turn = new Turn(1);
    const contributions = new Float64Array(row.length);
    let base = 0;
    for (const { share, explain } of parts) {
      const part = explain(row);
      base += share * part.base;
      for (let f = 0; f < row.length; f++) contributions[f] += share * part.values[f];
      if (turn.isOver()) await turn.pass();
    }
    const ctr = compiled.predict(row);
    const isApart = method === 'tree_shap' && forest.calibration !== null;
    const explained = contributions.reduce((sum, value) => sum + value, base);
    const calibration = isApart ? ctr - explained : 0;
    return { method, backgroundRows, base, contributions, calibration, ctr };
  }
}

/** Undefined when the forest has too many features, or the background is not of them. */
async function shapleyParts(
  { forest }: CtrModel,
  { rows, weights }: Background,
): Promise<Part[] | undefined> {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const turn = new Turn(1);
  const parts: Part[] = [];
  try {
    for (let from = 0; from < rows.length; from += PART_ROWS) {
      const weight = weights.slice(from, from + PART_ROWS);
      const share = weight.reduce((sum, one) => sum + one, 0) / total;
      // The library takes no sample that weighs nothing; it would change nothing either.
      if (share === 0) continue;
      const explainer = new ShapleyExplainer(forest, rows.slice(from, from + PART_ROWS), {
        weight,
      });
      parts.push({ share, explain: (row) => explainer.explain(row) });
      if (turn.isOver()) await turn.pass();
    }
  } catch (error) {
    const isUnfit = error instanceof ForestError && UNFIT.includes(error.code);
    if (!isUnfit) throw error;
    return undefined;
  }
  return parts.length > 0 ? parts : undefined;
}

const UNFIT: readonly string[] = ['FEATURE_INVALID', 'BACKGROUND_INVALID'];

function treeParts({ forest }: CtrModel): Part[] {
  const { schema, parameters, bins, trees } = forest;
  return trees.map((tree) => {
    const alone = new Forest(schema, parameters, bins, [tree]);
    return { share: 1 / trees.length, explain: (row) => treeShap(alone, row) };
  });
}
