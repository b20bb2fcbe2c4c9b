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
 *
 * Of a bag of boosters, whose members each left a fold of the table out, the same covariance is that of
 * a grouped jackknife (Quenouille 1956), too small by a factor that the scale makes up for as well.
 *
 * Where placements differ from what their features tell by more than chance (overdispersion ρ), each has
 * a CTR of its own around the one predicted, with variance ρ · p (1 − p), independent of the others'.
 * What the statistics of words get wrong is beside all this (word-error.ts).
 */
import type { CtrModel } from '@adscale/ctr';
import { WordError } from './word-error.js';
import { errorFit, memberDeviations, type ErrorFit, type MemberDeviations } from './fit.js';

/** Fewer members than this say too little of a spread; where there are fewer, all are asked. */
const LEAST_MEMBERS = 25;

/**
 * What all members get wrong alike (a leaf too wide for the curve under it, a price that few rows
 * had) is not in their covariance. In a total, this share of every row's variance counts as common
 * to all of them. Measured on generated campaigns, whose totals it makes cover (`bench/accuracy.mjs`).
 */
const COMMON_SHARE = 0.06;

type KeyedShare = ReturnType<WordError['of']>[number];

/** Predictions of some rows with their joint error. */
export class ModelError {
  /** By row: predicted CTR, clamped to [0.0001, 1], not rounded. */
  readonly ctr: Float64Array;
  private readonly fit: ErrorFit;
  private readonly spread: MemberDeviations;
  /** By row: its words, by number, and by how much of a CTR's square each may be off. */
  private readonly words: readonly (readonly KeyedShare[])[];

  /**
   * @param rows row after row, `count * features` numbers in schema order
   * @param walks questions of a row to a member that may be spent; fewer members are asked beyond
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
    const wordError = new WordError(model);
    this.words = Array.from({ length: count }, (_, i) =>
      wordError.of(rows.subarray(i * width, (i + 1) * width), i),
    );
    this.fit = errorFit(model);
    const affordable = Math.max(LEAST_MEMBERS, Math.floor(walks / count));
    const members = Math.min(model.compiled.askedTrees, affordable);
    this.spread = memberDeviations(model, rows, count, members);
  }

  /** How many members were asked. */
  get members(): number {
    return this.spread.members;
  }

  /** Overdispersion ρ, 0 to 1. */
  get rho(): number {
    return this.fit.rho;
  }

  /** How many standard deviations either side hold what is observed `level` of the time. */
  reach(level: number): number {
    return this.fit.reach(level);
  }

  /** Standard deviation of the CTR that a row's placement has, its own difference included. */
  ownDeviationOf(row: number): number {
    return Math.hypot(this.deviationOf(row), this.apart(row));
  }

  /**
   * Standard deviation of `weightA` · CTR of the placement of row `a` less `weightB` · CTR of that of
   * row `b`, which is another even where the rows are the same.
   */
  ownDeviationBetween(a: number, b: number, weightA = 1, weightB = 1): number {
    const alike = this.deviationBetween(a, b, weightA, weightB);
    return Math.hypot(alike, weightA * this.apart(a), weightB * this.apart(b));
  }

  /** Standard deviation of a placement's own CTR around the one that its features tell. */
  private apart(row: number): number {
    return Math.sqrt(this.fit.rho * this.ctr[row] * (1 - this.ctr[row]));
  }

  /** Standard deviation of the CTR that a row's features tell. */
  deviationOf(row: number): number {
    const { deviations } = this.spread;
    let squares = 0;
    for (let at = row; at < deviations.length; at += this.count) squares += deviations[at] ** 2;
    return Math.hypot(this.scaled(squares), this.wordDeviation([[row, 1]]));
  }

  /** Standard deviation of `weightA` · CTR of row `a` less `weightB` · CTR of row `b`. */
  deviationBetween(a: number, b: number, weightA = 1, weightB = 1): number {
    const { deviations } = this.spread;
    let squares = 0;
    for (let at = 0; at < deviations.length; at += this.count) {
      squares += (weightA * deviations[at + a] - weightB * deviations[at + b]) ** 2;
    }
    const words = this.wordDeviation([
      [a, weightA],
      [b, -weightB],
    ]);
    return Math.hypot(this.scaled(squares), words);
  }

  /** Standard deviation of Σ weight · CTR over the rows, as far as the members differ on it. */
  deviationOfSum(weights: ArrayLike<number>): number {
    const { deviations } = this.spread;
    let squares = 0;
    for (let at = 0; at < deviations.length; at += this.count) {
      let sum = 0;
      for (let i = 0; i < this.count; i++) sum += weights[i] * deviations[at + i];
      squares += sum ** 2;
    }
    const weighted = Array.from(weights, (weight, i) => [i, weight] as const);
    return Math.hypot(this.scaled(squares), this.wordDeviation(weighted));
  }

  /** Variance of a total Σ weight · CTR, weights ≥ 0: with what all members get wrong alike. */
  varianceOfTotal(weights: ArrayLike<number>): number {
    let alike = 0;
    for (let i = 0; i < this.count; i++) {
      if (weights[i] > 0) alike += weights[i] * this.deviationOf(i);
    }
    return (1 - COMMON_SHARE) * this.deviationOfSum(weights) ** 2 + COMMON_SHARE * alike ** 2;
  }

  /** Standard deviation of Σ weight · CTR by what the words' statistics get wrong. */
  private wordDeviation(weighted: readonly (readonly [row: number, weight: number])[]): number {
    const sums = new Map<string, { sum: number; share: number }>();
    for (const [row, weight] of weighted) {
      for (const { key, share } of this.words[row]) {
        const before = sums.get(key)?.sum ?? 0;
        sums.set(key, { sum: before + weight * this.ctr[row], share });
      }
    }
    let squares = 0;
    for (const { sum, share } of sums.values()) squares += share * sum ** 2;
    return Math.sqrt(squares);
  }

  /**
   * Of few members the spread itself is uncertain: the error is then Student's, whose variance is
   * ν / (ν − 2) times as large (ν: members less one).
   */
  private scaled(squares: number): number {
    const freedom = Math.max(1, this.members - 1);
    const wider = freedom / Math.max(1, freedom - 2);
    return this.fit.scale * Math.sqrt((wider * squares) / freedom);
  }
}
