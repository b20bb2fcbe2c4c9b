import type { Columns } from '../data/columns.js';
import { ForestError } from '../errors.js';
import { differenceOf, type Schema } from '../data/schema.js';

/** Rows that stand for a population: columns, or rows of numbers in schema order. */
export type BackgroundRows = Columns | readonly ArrayLike<number>[];

/** A background sample, row after row, with weights that sum to 1. */
export interface Background {
  readonly rows: number;
  /** `rows * features` numbers. */
  readonly values: Float64Array;
  readonly weight: Float64Array;
}

/**
 * Copies a background sample into one shape.
 * @param weight how much each row counts, ≥ 0; absent: all alike
 * @throws ForestError BACKGROUND_INVALID if it is absent, empty, of other features or badly weighted
 */
export function readBackground(
  schema: Schema,
  background: BackgroundRows | undefined,
  weight?: ArrayLike<number>,
): Background {
  if (background === undefined || background === null) {
    refuse('it is absent, wanted columns or rows that stand for the population');
  }
  const values =
    'schema' in background ? ofColumns(schema, background) : ofRows(schema, background);
  const rows = values.length / schema.features.length;
  if (rows === 0) refuse('it has no rows, wanted at least one');
  return { rows, values, weight: shares(rows, weight) };
}

/**
 * Checks that columns mean what rows of `schema` mean: the same features and categories, in order.
 * @throws ForestError BACKGROUND_INVALID naming the first column that differs
 */
export function checkSameFeatures(schema: Schema, columns: Columns): void {
  const difference = differenceOf(schema, columns.schema);
  if (difference !== null) refuse(difference);
  const wanted = schema.features.map(({ name }) => name);
  if (columns.values.length !== wanted.length) {
    refuse(`it has ${columns.values.length} columns, wanted ${wanted.length}`);
  }
  columns.values.forEach((column, place) => {
    if (column.length === columns.rows) return;
    refuse(`column ${wanted[place]} has ${column.length} rows, wanted ${columns.rows}`);
  });
}

function refuse(detail: string): never {
  throw new ForestError('BACKGROUND_INVALID', detail);
}

function ofColumns(schema: Schema, columns: Columns): Float64Array {
  checkSameFeatures(schema, columns);
  const width = schema.features.length;
  const values = new Float64Array(columns.rows * width);
  columns.values.forEach((column, f) => {
    for (let i = 0; i < columns.rows; i++) values[i * width + f] = column[i];
  });
  return values;
}

function ofRows(schema: Schema, rows: readonly ArrayLike<number>[]): Float64Array {
  const width = schema.features.length;
  const values = new Float64Array(rows.length * width);
  rows.forEach((row, i) => {
    if (row.length !== width) refuse(`row ${i} has ${row.length} numbers, wanted ${width}`);
    values.set(row, i * width);
  });
  return values;
}

function shares(rows: number, weight: ArrayLike<number> | undefined): Float64Array {
  if (weight === undefined) return new Float64Array(rows).fill(1 / rows);
  if (weight.length !== rows) refuse(`it has ${weight.length} weights, wanted ${rows}`);
  let total = 0;
  for (let i = 0; i < rows; i++) {
    if (!(weight[i] >= 0)) refuse(`weight of row ${i} is ${weight[i]}, wanted a number ≥ 0`);
    total += weight[i];
  }
  if (!(total > 0 && total < Infinity)) refuse(`weights sum to ${total}, wanted a number > 0`);
  return Float64Array.from({ length: rows }, (_, i) => weight[i] / total);
}
