import { checkColumns, type Columns } from './columns.js';
import { ForestError } from '../errors.js';
import type { FitParameters } from './parameters.js';
import { byRows, type Steps } from '../steps.js';

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
}

/**
 * Checks that the input can be fitted.
 * @throws ForestError COLUMNS_INVALID naming the row, the value got and the value wanted
 */
export function* checkInput(
  { columns, target, weight, count }: FitInput,
  { criterion, noise }: FitParameters,
): Steps<void> {
  const { rows } = checkColumns(columns);
  yield* checkNumbers('target', target, rows, criterion === 'poisson');
  if (weight !== undefined) yield* checkNumbers('weight', weight, rows, true);
  if (count !== undefined) yield* checkCounts(count, rows);
  if (noise === 'binomial') checkRates(target, weight);
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

function checkRates(target: Float64Array, weight: Float64Array | undefined): void {
  if (weight === undefined) {
    throw new ForestError(
      'COLUMNS_INVALID',
      'binomial noise wants weights, the counts of the rates',
    );
  }
  const row = target.findIndex((rate) => rate < 0 || rate > 1);
  if (row >= 0) {
    throw new ForestError(
      'COLUMNS_INVALID',
      `target of row ${row} is ${target[row]}, wanted a rate from 0 to 1 under binomial noise`,
    );
  }
}

/** How much each row counts in all: its weight times its count; undefined: all alike. */
export function fullWeight({
  weight,
  count,
}: Pick<FitInput, 'weight' | 'count'>): ArrayLike<number> | undefined {
  if (count === undefined || weight === undefined) return count ?? weight;
  return weight.map((w, i) => w * count[i]);
}
