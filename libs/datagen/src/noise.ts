/**
 * How well a model can do at most. An observed CTR over n impressions has variance p(1−p)/n
 * around the true one, which no model can predict: R² stays below
 *   1 − mean(p(1−p)/n) / Var(ctr).
 */
import { DatagenError } from './errors.js';
import type { AdTable } from './generate.js';
import { trueCtr, type WideAdRecord } from './truth.js';

/**
 * The noise ceiling: the R² of the true CTR against the observed one, at most 1, negative where
 * noise drowns everything. A model of the inputs comes close to it only where they determine the
 * true CTR; in the `hidden` profile they do not, see `inputCeiling`.
 *
 * @throws DatagenError `TABLE_INVALID` when the observed CTR is the same in every row
 */
export function noiseCeiling(table: Pick<AdTable, 'columns'>): number {
  return rSquared(table.columns.ctr, table.columns.true_ctr);
}

/**
 * The R² against the observed CTR of the best guess that the inputs allow. Equal to the noise
 * ceiling up to rounding, except in the `hidden` profile, where the quality is out of reach.
 *
 * @throws DatagenError `TABLE_INVALID` when the observed CTR is the same in every row
 */
export function inputCeiling({ rows, profile, columns }: AdTable): number {
  const names = Object.keys(columns);
  const guess = new Float64Array(rows);
  for (let i = 0; i < rows; i++) {
    const record = Object.fromEntries(names.map((name) => [name, columns[name]![i]!]));
    guess[i] = trueCtr(record as unknown as WideAdRecord, profile);
  }
  return rSquared(columns.ctr, guess);
}

/**
 * The expected squared distance of the observed CTR from the true one: the mean of p(1−p)/n, in
 * squared CTR, clamping apart.
 */
export function noiseVariance({ columns }: Pick<AdTable, 'columns'>): number {
  const { true_ctr, impressions } = columns;
  let sum = 0;
  for (let i = 0; i < true_ctr.length; i++) {
    sum += (true_ctr[i]! * (1 - true_ctr[i]!)) / impressions[i]!;
  }
  return sum / true_ctr.length;
}

function rSquared(observed: Float64Array, guess: Float64Array): number {
  const mean = observed.reduce((sum, y) => sum + y, 0) / observed.length;
  let residual = 0;
  let total = 0;
  for (let i = 0; i < observed.length; i++) {
    residual += (observed[i]! - guess[i]!) ** 2;
    total += (observed[i]! - mean) ** 2;
  }
  if (!(total > 0)) {
    throw new DatagenError(
      'TABLE_INVALID',
      `ctr has one value over ${observed.length} rows, wanted at least two different ones`,
    );
  }
  return 1 - residual / total;
}
