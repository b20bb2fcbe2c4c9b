/*
 * How far predicted CTRs are from the true ones, together.
 *
 * A bagged forest's trees are the same statistic of bootstrap samples of the table, so their
 * covariance at two rows is Efron's (1979) estimate of how a single tree errs there. The mean of
 * the trees errs less than one of them, because it smooths (Bühlmann & Yu 2002), or more, where
 * causes that no feature tells move the CTR; by how much is the model's scale (fit.ts):
 *
 *   Cov(error(x), error(x')) = scale² · Cov over trees(tree(x), tree(x'))
 *
 * Rows that share leaves share error: it cancels in a difference and adds up in a total.
 */
import type { CtrModel } from '@adscale/ctr';
import { errorFit, treeDeviations, type ErrorFit, type TreeDeviations } from './fit.js';

/** Fewer trees than this say too little of a spread. */
const LEAST_TREES = 25;

/**
 * What all trees get wrong alike (a leaf too wide for the curve under it, a price that few rows
 * had) is not in their covariance. In a total, this share of every row's variance counts as common
 * to all of them. Measured on generated campaigns, whose totals it makes cover (`bench/accuracy.mjs`).
 */
const COMMON_SHARE = 0.06;

/** Predictions of some rows with their joint error. */
export class ModelError {
  /** By row: predicted CTR, clamped to [0.0001, 1], not rounded. */
  readonly ctr: Float64Array;
  private readonly fit: ErrorFit;
  private readonly spread: TreeDeviations;

  /**
   * @param rows row after row, `count * features` numbers in schema order
   * @param walks walks of a row down a tree that may be spent; fewer trees are asked beyond
   */
  constructor(
    model: CtrModel,
    rows: Float64Array,
    readonly count: number,
    walks = Infinity,
  ) {
    const width = model.schema.features.length;
    this.ctr = new Float64Array(count);
    for (let i = 0; i < count; i++) {
      this.ctr[i] = model.predictRow(rows.subarray(i * width, (i + 1) * width));
    }
    this.fit = errorFit(model);
    const affordable = Math.max(LEAST_TREES, Math.floor(walks / count));
    const trees = Math.min(model.compiled.askedTrees, affordable);
    this.spread = treeDeviations(model, rows, count, trees);
  }

  /** How many trees were asked. */
  get trees(): number {
    return this.spread.trees;
  }

  /** How many standard deviations either side hold what is observed `level` of the time. */
  reach(level: number): number {
    return this.fit.reach(level);
  }

  /** Standard deviation of a row's CTR. */
  deviationOf(row: number): number {
    const { deviations } = this.spread;
    let squares = 0;
    for (let at = row; at < deviations.length; at += this.count) squares += deviations[at] ** 2;
    return this.scaled(squares);
  }

  /** Standard deviation of `weightA` · CTR of row `a` less `weightB` · CTR of row `b`. */
  deviationBetween(a: number, b: number, weightA = 1, weightB = 1): number {
    const { deviations } = this.spread;
    let squares = 0;
    for (let at = 0; at < deviations.length; at += this.count) {
      squares += (weightA * deviations[at + a] - weightB * deviations[at + b]) ** 2;
    }
    return this.scaled(squares);
  }

  /** Standard deviation of Σ weight · CTR over the rows, as far as the trees differ on it. */
  deviationOfSum(weights: ArrayLike<number>): number {
    const { deviations } = this.spread;
    let squares = 0;
    for (let at = 0; at < deviations.length; at += this.count) {
      let sum = 0;
      for (let i = 0; i < this.count; i++) sum += weights[i] * deviations[at + i];
      squares += sum ** 2;
    }
    return this.scaled(squares);
  }

  /** Variance of a total Σ weight · CTR, weights ≥ 0: with what all trees get wrong alike. */
  varianceOfTotal(weights: ArrayLike<number>): number {
    let alike = 0;
    for (let i = 0; i < this.count; i++) {
      if (weights[i] > 0) alike += weights[i] * this.deviationOf(i);
    }
    return (1 - COMMON_SHARE) * this.deviationOfSum(weights) ** 2 + COMMON_SHARE * alike ** 2;
  }

  private scaled(squares: number): number {
    return this.fit.scale * Math.sqrt(squares / Math.max(1, this.trees - 1));
  }
}
