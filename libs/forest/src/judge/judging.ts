/*
 * How well trees predict rows that they did not see.
 *
 * A raw row is judged by the mean of the n of T trees that did not see it, each of which did so
 * with chance q. A counted row has one prediction p for all its raw rows, the mean of theirs. Each
 * raw row's own lies about p: the trees that did not see it are a draw of n = q T from T, so with
 * the trees' variance s² at the row
 *
 *   E (y − own)² = (y − p)² + s² (T/n − 1) / (T − 1)      (Cochran 1977, theorem 2.2)
 *
 * and of c raw rows, a share of 1 − 1/c of that lies between them; nothing for a row of its own.
 * With it, R² over counted rows is what R² over the raw rows is expected to be.
 */
import type { FitParameters } from '../data/parameters.js';

/** How well the trees predict rows that they did not see. */
export interface OutOfBagResult {
  /**
   * By training row; NaN where every tree saw the row. Predictions and variances are empty and the
   * metrics NaN if the fit has `outOfBag: false`.
   */
  readonly predictions: Float64Array;
  /** Variance, at each row, of the trees that did not see it. */
  readonly variances: Float64Array;
  /** Share of variance explained over rows with a prediction, every (raw) row counting 1. */
  readonly r2: number;
  /** The same, rows counting their weight. */
  readonly weightedR2: number;
}

/** Out-of-bag results of all rows, in one order or another. */
export interface JudgedRows {
  readonly predictions: Float64Array;
  readonly variances: Float64Array;
  readonly target: Float64Array;
  /** Of one raw row; null: all alike. */
  readonly weight: ArrayLike<number> | null;
  /** Raw rows that each row stands for; null: one. */
  readonly count: ArrayLike<number> | null;
}

/**
 * R² by rows and by weight, over the rows that have a prediction.
 * @param share `ownShare`; 0 where all raw rows of a row are predicted alike
 */
export function judge(rows: JudgedRows, share: number): Pick<OutOfBagResult, 'r2' | 'weightedR2'> {
  const { weight, count } = rows;
  const ofRow = (row: number): number => (count === null ? 1 : count[row]);
  return {
    r2: r2By(rows, share, ofRow),
    weightedR2: r2By(
      rows,
      share,
      weight === null ? ofRow : (row): number => weight[row] * ofRow(row),
    ),
  };
}

/** In passes over the rows, without a copy of them: there may be many. */
function r2By(
  { predictions, variances, target, count }: JudgedRows,
  share: number,
  weightOf: (row: number) => number,
): number {
  let total = 0;
  let sum = 0;
  for (let row = 0; row < target.length; row++) {
    if (Number.isNaN(predictions[row])) continue;
    total += weightOf(row);
    sum += weightOf(row) * target[row];
  }
  const mean = sum / total;
  let errors = 0;
  let squares = 0;
  for (let row = 0; row < target.length; row++) {
    if (Number.isNaN(predictions[row])) continue;
    const between = count === null ? 0 : variances[row] * share * (1 - 1 / count[row]);
    errors += weightOf(row) * ((target[row] - predictions[row]) ** 2 + between);
    squares += weightOf(row) * (target[row] - mean) ** 2;
  }
  return 1 - errors / squares;
}

/** How far a raw row's own prediction varies about the mean of all, in the trees' variance. */
export function ownShare({ trees, bootstrap, sampleFraction }: FitParameters): number {
  if (trees === 1) return 0;
  const q = bootstrap ? Math.exp(-sampleFraction) : 1 - sampleFraction;
  // n is binomial: 1 over this is the mean of 1/n to second order.
  const n = Math.max(1, trees * q - (1 - q));
  return (trees / n - 1) / (trees - 1);
}
