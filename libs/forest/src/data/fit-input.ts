import type { FeatureBins } from './binning.js';
import { checkColumns, type Columns } from './columns.js';
import { ForestError } from '../errors.js';
import type { FitParameters } from './parameters.js';
import type { Schema } from './schema.js';
import { byRows, type Steps } from '../steps.js';

/** Codes are 16 bits. */
const MAX_BINS = 65_000;

/** What to fit: one target and, if rows do not count alike, one weight a row. */
export interface FitInput {
  readonly columns: Columns;
  readonly target: Float64Array;
  /** How much a row counts, ≥ 0; of a counted row, how much each of its raw rows does. */
  readonly weight?: Float64Array;
  /**
   * Raw rows that each row stands for, equal in features, target and weight: whole numbers ≥ 1,
   * together below 2⁵³. The fit is that of the raw rows, in a time that depends on the rows given.
   */
  readonly count?: ArrayLike<number>;
  /**
   * How features become codes, from `learnBins` or a forest's `bins`: so that several fits share their
   * bins. Default: learned from the columns.
   */
  readonly bins?: readonly FeatureBins[];
}

/**
 * Checks that the input can be fitted.
 * @throws ForestError COLUMNS_INVALID naming the row, the value got and the value wanted
 */
export function* checkInput(
  { columns, target, weight, count, bins }: FitInput,
  { criterion, noise }: Pick<FitParameters, 'criterion' | 'noise'>,
): Steps<void> {
  const { rows, schema } = checkColumns(columns);
  if (bins !== undefined) checkBins(bins, schema);
  yield* checkNumbers('target', target, rows, criterion === 'poisson');
  if (weight !== undefined) yield* checkNumbers('weight', weight, rows, true);
  if (count !== undefined) yield* checkCounts(count, rows);
  if (noise !== 'binomial') return;
  if (weight === undefined) {
    throw new ForestError(
      'COLUMNS_INVALID',
      'binomial noise wants weights, the counts of the rates',
    );
  }
  checkRates(target, 'under binomial noise');
}

function checkBins(bins: readonly FeatureBins[], { features }: Schema): void {
  if (bins.length !== features.length) {
    throw new ForestError(
      'COLUMNS_INVALID',
      `bins are of ${bins.length} features, wanted ${features.length}`,
    );
  }
  bins.forEach(({ categorical, cuts, bins: count }, f) => {
    const feature = features[f];
    const isWords = feature.kind === 'categorical';
    const wanted = isWords ? feature.categories.length : cuts.length + 1;
    const ascending = cuts.every(
      (cut, i) => Number.isFinite(cut) && (i === 0 || cuts[i - 1] < cut),
    );
    if (categorical === isWords && count === wanted && ascending && count <= MAX_BINS) return;
    const what = isWords ? `those of ${wanted} categories` : 'those of cuts that ascend';
    throw new ForestError(
      'COLUMNS_INVALID',
      `bins of ${feature.name} are ${count}, wanted ${what}, at most ${MAX_BINS}`,
    );
  });
}

function checkLength(name: string, { length }: ArrayLike<number>, rows: number): void {
  if (length === rows) return;
  throw new ForestError('COLUMNS_INVALID', `${name} has ${length} rows, wanted ${rows}`);
}

function* checkNumbers(
  name: string,
  values: Float64Array,
  rows: number,
  positive: boolean,
): Steps<void> {
  checkLength(name, values, rows);
  let total = 0;
  yield* byRows(rows, (from, to) => {
    for (let i = from; i < to; i++) {
      total += values[i];
      if (Number.isFinite(values[i]) && (!positive || values[i] >= 0)) continue;
      throw new ForestError(
        'COLUMNS_INVALID',
        `${name} of row ${i} is ${values[i]}, wanted a finite number${positive ? ' ≥ 0' : ''}`,
      );
    }
  });
  if (name === 'weight' && !(total > 0)) {
    throw new ForestError('COLUMNS_INVALID', 'every weight is 0, wanted some above');
  }
}

function* checkCounts(count: ArrayLike<number>, rows: number): Steps<void> {
  checkLength('count', count, rows);
  let total = 0;
  yield* byRows(rows, (from, to) => {
    for (let i = from; i < to; i++) {
      total += count[i];
      if (Number.isSafeInteger(count[i]) && count[i] >= 1) continue;
      throw new ForestError(
        'COLUMNS_INVALID',
        `count of row ${i} is ${count[i]}, wanted a whole number ≥ 1`,
      );
    }
  });
  if (total > Number.MAX_SAFE_INTEGER) {
    throw new ForestError('COLUMNS_INVALID', `counts sum to ${total}, wanted less than 2^53`);
  }
}

/** @throws ForestError COLUMNS_INVALID if a target is no rate */
export function checkRates(target: Float64Array, why: string): void {
  const row = target.findIndex((rate) => rate < 0 || rate > 1);
  if (row >= 0) {
    throw new ForestError(
      'COLUMNS_INVALID',
      `target of row ${row} is ${target[row]}, wanted a rate from 0 to 1 ${why}`,
    );
  }
}

/** The counts, or null if all are 1: such a fit is the fit without counts, byte for byte. */
export function countsIn({
  count,
  columns,
}: Pick<FitInput, 'count' | 'columns'>): ArrayLike<number> | null {
  if (count === undefined) return null;
  for (let row = 0; row < columns.rows; row++) if (count[row] > 1) return count;
  return null;
}

/** How much each row counts in all: its weight times its count; undefined: all alike. */
export function fullWeight({
  weight,
  count,
}: Pick<FitInput, 'weight' | 'count'>): ArrayLike<number> | undefined {
  if (count === undefined || weight === undefined) return count ?? weight;
  return weight.map((w, i) => w * count[i]);
}
