/*
 * A table as the design matrix of a regression, row by row and sparse: one column a category, one
 * (standardised) a number and one where it is missing.
 */
import type { Columns, Feature } from '@adscale/forest';

/** Row i has `index` and `value` from `starts[i]` to `starts[i + 1]`. */
export interface Design {
  readonly rows: number;
  readonly width: number;
  readonly starts: Uint32Array;
  readonly index: Uint32Array;
  readonly value: Float64Array;
}

/** Lays out any rows of the same features like those it was learned from. */
export type Designer = (columns: Columns) => Design;

/** Adds a value's entries to a row. */
type Encode = (value: number, put: (column: number, value: number) => void) => void;

/** So many categories of a feature get a column; the others, the rarest, share one. */
const MOST_CATEGORIES = 50;
/** A positive feature whose mean is this many times its median is taken by its logarithm. */
const SKEWED = 1.5;

/** @param weight how much each row counts in what is frequent, usual and spread */
export function learnDesign({ schema, values }: Columns, weight: Float64Array): Designer {
  let width = 1;
  const encoders = schema.features.map((feature, f): Encode => {
    const at = width;
    const { columns, encode } = learnEncoder(feature, values[f], weight, at);
    width += columns;
    return encode;
  });
  return (columns) => layOut(columns, encoders, width);
}

function learnEncoder(
  feature: Feature,
  values: Float64Array,
  weight: Float64Array,
  at: number,
): { columns: number; encode: Encode } {
  return feature.kind === 'categorical'
    ? oneHot(feature.categories.length, values, weight, at)
    : standardised(values, weight, at);
}

function oneHot(
  categories: number,
  values: Float64Array,
  weight: Float64Array,
  at: number,
): { columns: number; encode: Encode } {
  const seen = new Float64Array(categories);
  for (let i = 0; i < values.length; i++) {
    if (!Number.isNaN(values[i])) seen[values[i]] += weight[i];
  }
  const frequent = Array.from(seen.keys())
    .filter((place) => seen[place] > 0)
    .sort((a, b) => seen[b] - seen[a])
    .slice(0, MOST_CATEGORIES);
  const columnOf = new Map(frequent.map((place, rank) => [place, at + rank]));
  const other = at + frequent.length;
  return {
    columns: frequent.length + 1,
    encode: (value, put) => put(columnOf.get(value) ?? other, 1),
  };
}

function standardised(
  values: Float64Array,
  weight: Float64Array,
  at: number,
): { columns: number; encode: Encode } {
  const logarithm = isSkewed(values);
  const scale = (x: number): number => (logarithm ? Math.log(Math.max(x, Number.MIN_VALUE)) : x);
  const known = Array.from(values.keys()).filter((i) => !Number.isNaN(values[i]));
  const total = known.reduce((sum, i) => sum + weight[i], 0);
  const mean = known.reduce((sum, i) => sum + (weight[i] / total) * scale(values[i]), 0);
  const square = (i: number): number => (weight[i] / total) * (scale(values[i]) - mean) ** 2;
  const spread = Math.sqrt(known.reduce((sum, i) => sum + square(i), 0));
  return {
    columns: 2,
    encode: (value, put) => {
      if (Number.isNaN(value)) put(at + 1, 1);
      else if (spread > 0) put(at, (scale(value) - mean) / spread);
    },
  };
}

function isSkewed(values: Float64Array): boolean {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort();
  if (sorted.length === 0 || !(sorted[0] > 0)) return false;
  const mean = sorted.reduce((sum, value) => sum + value, 0) / sorted.length;
  return mean > SKEWED * sorted[sorted.length >> 1];
}

function layOut({ rows, values }: Columns, encoders: readonly Encode[], width: number): Design {
  const entries = (encoders.length + 1) * rows;
  const starts = new Uint32Array(rows + 1);
  const index = new Uint32Array(entries);
  const value = new Float64Array(entries);
  let at = 0;
  const put = (column: number, entry: number): void => {
    index[at] = column;
    value[at++] = entry;
  };
  for (let row = 0; row < rows; row++) {
    put(0, 1);
    encoders.forEach((encode, f) => encode(values[f][row], put));
    starts[row + 1] = at;
  }
  return { rows, width, starts, index, value };
}
